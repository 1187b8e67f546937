-- MV: diagnoses of the attendance; the main one (atendime.cd_cid) comes with the attendance itself.
SELECT g.cd_atendimento AS chave, g.cd_diagnostico_atendime, g.cd_cid, c.ds_cid, g.tp_situacao, g.qt_tempo_doenca,
    g.tp_unidade_tempo_doenca, g.ds_observacao
FROM dbamv.diagnostico_atendime g
LEFT JOIN dbamv.cid c ON c.cd_cid = g.cd_cid
WHERE g.cd_atendimento IN :chaves
ORDER BY g.cd_diagnostico_atendime

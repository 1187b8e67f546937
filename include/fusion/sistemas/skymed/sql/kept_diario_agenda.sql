-- MV: kept journal rows after the last one that the hub's own database remembers. The patient as in change_diario_agenda.sql.
SELECT j.nr_lote, j.id, j.cd_age_cir AS chave, COALESCE(v.cd_paciente, a.cd_paciente) AS chave_paciente, j.tp_operacao
FROM fusion_integracao.atualizacaoagendacirurgia_lido j
LEFT JOIN dbamv.aviso_cirurgia v ON v.cd_aviso_cirurgia = j.cd_aviso_cirurgia
LEFT JOIN dbamv.atendime a ON a.cd_atendimento = v.cd_atendimento
WHERE j.nr_lote > :lote OR (j.nr_lote = :lote AND j.id > :id)
ORDER BY j.nr_lote, j.id
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

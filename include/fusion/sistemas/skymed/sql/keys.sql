-- MV: keys of a replay: one booking, those of a patient, or those whose surgery starts in [inicio, fim), as keyset pages.
-- A filter that is NULL does not filter.
SELECT g.cd_age_cir AS chave, COALESCE(v.cd_paciente, a.cd_paciente) AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.age_cir g
JOIN dbamv.aviso_cirurgia v ON v.cd_aviso_cirurgia = g.cd_aviso_cirurgia
LEFT JOIN dbamv.atendime a ON a.cd_atendimento = v.cd_atendimento
WHERE (:atendimento IS NULL OR g.cd_age_cir = :atendimento)
    AND (:paciente IS NULL OR COALESCE(v.cd_paciente, a.cd_paciente) = :paciente)
    AND (:inicio IS NULL OR g.dt_inicio_age_cir >= :inicio)
    AND (:fim IS NULL OR g.dt_inicio_age_cir < :fim)
    AND (:chave IS NULL OR g.cd_age_cir > :chave)
ORDER BY g.cd_age_cir
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

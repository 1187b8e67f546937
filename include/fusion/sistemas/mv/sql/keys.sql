-- MV: keys of a replay (one attendance, one patient, a range of start days [inicio, fim)) and of the whole history, as keyset pages.
-- A filter that is NULL does not filter.
SELECT a.cd_atendimento AS chave, a.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.atendime a
WHERE (:atendimento IS NULL OR a.cd_atendimento = :atendimento)
    AND (:paciente IS NULL OR a.cd_paciente = :paciente)
    AND (:inicio IS NULL OR a.dt_atendimento >= :inicio)
    AND (:fim IS NULL OR a.dt_atendimento < :fim)
    AND (:chave IS NULL OR a.cd_atendimento > :chave)
ORDER BY a.cd_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- Tasy: keys of a replay (one attendance, one patient, a range of start days [inicio, fim)) and of the whole history, as keyset pages.
-- A filter that is NULL does not filter.
SELECT a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.atendimento_paciente a
WHERE (:atendimento IS NULL OR a.nr_atendimento = :atendimento)
    AND (CAST(:paciente AS VARCHAR(10)) IS NULL OR a.cd_pessoa_fisica = :paciente)
    AND (:inicio IS NULL OR a.dt_entrada >= :inicio)
    AND (:fim IS NULL OR a.dt_entrada < :fim)
    AND (:chave IS NULL OR a.nr_atendimento > :chave)
ORDER BY a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- Sotech: attendances that a form asks for. Binds: atendimento, paciente, inicio, fim (by date of entry, fim excluded; each may be NULL),
-- chave (last row seen, or NULL) and limite. Source: include/contracts/sotech.
SELECT
    a.pkatendimento AS chave,
    a.fkpaciente AS chave_paciente,
    CASE WHEN a.ativo THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM sotech.ate_atendimento a
WHERE (:atendimento IS NULL OR a.pkatendimento = :atendimento)
    AND (:paciente IS NULL OR a.fkpaciente = :paciente)
    AND (:inicio IS NULL OR a.dataentrada >= :inicio)
    AND (:fim IS NULL OR a.dataentrada < :fim)
    AND (:chave IS NULL OR a.pkatendimento > :chave)
ORDER BY a.pkatendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

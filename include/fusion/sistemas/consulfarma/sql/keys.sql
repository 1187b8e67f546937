-- Attendances that a form asks for. Binds: atendimento, paciente, inicio, fim (by start date, fim excluded; each may be NULL),
-- chave (last row seen, or NULL) and limite. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    a.AtendimentoId AS chave,
    a.PacienteId AS chave_paciente,
    CASE WHEN a.Excluido = 1 OR a.Situacao = 'C' THEN 'exclusao' ELSE 'alteracao' END AS operacao
FROM dbo.Atendimento a
WHERE (:atendimento IS NULL OR a.AtendimentoId = :atendimento)
    AND (:paciente IS NULL OR a.PacienteId = :paciente)
    AND (:inicio IS NULL OR a.DataInicio >= :inicio)
    AND (:fim IS NULL OR a.DataInicio < :fim)
    AND (:chave IS NULL OR a.AtendimentoId > :chave)
ORDER BY a.AtendimentoId
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- Attendances that changed, oldest first; a cancelled or excluded one is an exclusao.
-- Binds: marcador, chave (last row seen, or NULL) and limite. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    a.AtualizadoEm AS marcador,
    a.AtendimentoId AS chave,
    a.PacienteId AS chave_paciente,
    CASE
        WHEN a.Excluido = 1 OR a.Situacao = 'C' THEN 'exclusao'
        WHEN a.CriadoEm = a.AtualizadoEm THEN 'inclusao'
        ELSE 'alteracao'
    END AS operacao
FROM dbo.Atendimento a
WHERE a.AtualizadoEm >= :marcador
    AND (a.AtualizadoEm > :marcador OR :chave IS NULL OR a.AtendimentoId > :chave)
ORDER BY a.AtualizadoEm, a.AtendimentoId
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

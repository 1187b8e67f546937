-- Attendances of patients whose own data, allergies or vaccines changed: every attendance carries them. Cancelled ones do not travel again.
-- Binds: marcador, chave (last row seen, or NULL) and limite. Source: include/contracts/consulfarma/ddl.sql.
SELECT x.marcador, x.chave, x.chave_paciente, 'alteracao' AS operacao
FROM (
    SELECT p.marcador, p.chave, p.chave_paciente FROM (
        SELECT DISTINCT t.AtualizadoEm AS marcador, a.AtendimentoId AS chave, a.PacienteId AS chave_paciente
        FROM dbo.Paciente t
        JOIN dbo.Atendimento a ON a.PacienteId = t.PacienteId AND a.Excluido = 0 AND a.Situacao <> 'C'
        WHERE t.AtualizadoEm >= :marcador AND (t.AtualizadoEm > :marcador OR :chave IS NULL OR a.AtendimentoId > :chave)
        ORDER BY t.AtualizadoEm, a.AtendimentoId OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
    ) p
    UNION
    SELECT al.marcador, al.chave, al.chave_paciente FROM (
        SELECT DISTINCT t.AtualizadoEm AS marcador, a.AtendimentoId AS chave, a.PacienteId AS chave_paciente
        FROM dbo.Alergia t
        JOIN dbo.Atendimento a ON a.PacienteId = t.PacienteId AND a.Excluido = 0 AND a.Situacao <> 'C'
        WHERE t.AtualizadoEm >= :marcador AND (t.AtualizadoEm > :marcador OR :chave IS NULL OR a.AtendimentoId > :chave)
        ORDER BY t.AtualizadoEm, a.AtendimentoId OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
    ) al
    UNION
    SELECT v.marcador, v.chave, v.chave_paciente FROM (
        SELECT DISTINCT t.AtualizadoEm AS marcador, a.AtendimentoId AS chave, a.PacienteId AS chave_paciente
        FROM dbo.Vacina t
        JOIN dbo.Atendimento a ON a.PacienteId = t.PacienteId AND a.Excluido = 0 AND a.Situacao <> 'C'
        WHERE t.AtualizadoEm >= :marcador AND (t.AtualizadoEm > :marcador OR :chave IS NULL OR a.AtendimentoId > :chave)
        ORDER BY t.AtualizadoEm, a.AtendimentoId OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
    ) v
) x
ORDER BY x.marcador, x.chave OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- Attendances whose clinical items changed: each table gives its own first page, the outer query merges them.
-- Binds: marcador, chave (last row seen, or NULL) and limite. Source: include/contracts/consulfarma/ddl.sql.
SELECT y.marcador, y.chave, a.PacienteId AS chave_paciente,
    CASE WHEN a.Excluido = 1 OR a.Situacao = 'C' THEN 'exclusao' ELSE 'alteracao' END AS operacao
FROM (
    SELECT x.marcador, x.chave FROM (
        SELECT c.marcador, c.chave FROM (
            SELECT DISTINCT t.AtualizadoEm AS marcador, t.AtendimentoId AS chave FROM dbo.Cirurgia t
            WHERE t.AtualizadoEm >= :marcador AND (t.AtualizadoEm > :marcador OR :chave IS NULL OR t.AtendimentoId > :chave)
            ORDER BY t.AtualizadoEm, t.AtendimentoId OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
        ) c
        UNION
        SELECT d.marcador, d.chave FROM (
            SELECT DISTINCT t.AtualizadoEm AS marcador, t.AtendimentoId AS chave FROM dbo.Diagnostico t
            WHERE t.AtualizadoEm >= :marcador AND (t.AtualizadoEm > :marcador OR :chave IS NULL OR t.AtendimentoId > :chave)
            ORDER BY t.AtualizadoEm, t.AtendimentoId OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
        ) d
        UNION
        SELECT e.marcador, e.chave FROM (
            SELECT DISTINCT t.AtualizadoEm AS marcador, t.AtendimentoId AS chave FROM dbo.ExameAmbulatorial t
            WHERE t.AtualizadoEm >= :marcador AND (t.AtualizadoEm > :marcador OR :chave IS NULL OR t.AtendimentoId > :chave)
            ORDER BY t.AtualizadoEm, t.AtendimentoId OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
        ) e
        UNION
        SELECT r.marcador, r.chave FROM (
            SELECT DISTINCT t.AtualizadoEm AS marcador, t.AtendimentoId AS chave FROM dbo.ExameResultado t
            WHERE t.AtualizadoEm >= :marcador AND (t.AtualizadoEm > :marcador OR :chave IS NULL OR t.AtendimentoId > :chave)
            ORDER BY t.AtualizadoEm, t.AtendimentoId OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
        ) r
        UNION
        SELECT m.marcador, m.chave FROM (
            SELECT DISTINCT t.AtualizadoEm AS marcador, t.AtendimentoId AS chave FROM dbo.PrescricaoMedicamento t
            WHERE t.AtualizadoEm >= :marcador AND (t.AtualizadoEm > :marcador OR :chave IS NULL OR t.AtendimentoId > :chave)
            ORDER BY t.AtualizadoEm, t.AtendimentoId OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
        ) m
    ) x
    ORDER BY x.marcador, x.chave OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
) y
JOIN dbo.Atendimento a ON a.AtendimentoId = y.chave
ORDER BY y.marcador, y.chave

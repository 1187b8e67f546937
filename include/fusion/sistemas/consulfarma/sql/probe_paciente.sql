-- How many patients, allergies and vaccines changed after the bind marcador (counted up to 5000 per table) and the newest marker.
-- Read by the watcher several times a second: one index range per table. Source: include/contracts/consulfarma/ddl.sql.
SELECT COUNT(*) AS quantidade, MAX(x.AtualizadoEm) AS marcador
FROM (
    SELECT p.AtualizadoEm FROM (
        SELECT t.AtualizadoEm FROM dbo.Paciente t WHERE t.AtualizadoEm > :marcador
        ORDER BY t.AtualizadoEm DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
    ) p
    UNION ALL
    SELECT al.AtualizadoEm FROM (
        SELECT t.AtualizadoEm FROM dbo.Alergia t WHERE t.AtualizadoEm > :marcador
        ORDER BY t.AtualizadoEm DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
    ) al
    UNION ALL
    SELECT v.AtualizadoEm FROM (
        SELECT t.AtualizadoEm FROM dbo.Vacina t WHERE t.AtualizadoEm > :marcador
        ORDER BY t.AtualizadoEm DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
    ) v
) x

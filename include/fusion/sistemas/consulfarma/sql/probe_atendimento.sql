-- How many attendances changed after the bind marcador (counted up to 5000) and the newest marker. Read by the watcher several
-- times a second: one index range. Source: include/contracts/consulfarma/ddl.sql.
SELECT COUNT(*) AS quantidade, MAX(x.AtualizadoEm) AS marcador
FROM (
    SELECT a.AtualizadoEm
    FROM dbo.Atendimento a
    WHERE a.AtualizadoEm > :marcador
    ORDER BY a.AtualizadoEm DESC
    OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
) x

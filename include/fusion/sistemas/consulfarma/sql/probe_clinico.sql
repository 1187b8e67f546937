-- How many clinical items changed after the bind marcador (counted up to 5000 per table) and the newest marker.
-- Read by the watcher several times a second: one index range per table. Source: include/contracts/consulfarma/ddl.sql.
SELECT COUNT(*) AS quantidade, MAX(x.AtualizadoEm) AS marcador
FROM (
    SELECT c.AtualizadoEm FROM (
        SELECT t.AtualizadoEm FROM dbo.Cirurgia t WHERE t.AtualizadoEm > :marcador
        ORDER BY t.AtualizadoEm DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
    ) c
    UNION ALL
    SELECT d.AtualizadoEm FROM (
        SELECT t.AtualizadoEm FROM dbo.Diagnostico t WHERE t.AtualizadoEm > :marcador
        ORDER BY t.AtualizadoEm DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
    ) d
    UNION ALL
    SELECT e.AtualizadoEm FROM (
        SELECT t.AtualizadoEm FROM dbo.ExameAmbulatorial t WHERE t.AtualizadoEm > :marcador
        ORDER BY t.AtualizadoEm DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
    ) e
    UNION ALL
    SELECT r.AtualizadoEm FROM (
        SELECT t.AtualizadoEm FROM dbo.ExameResultado t WHERE t.AtualizadoEm > :marcador
        ORDER BY t.AtualizadoEm DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
    ) r
    UNION ALL
    SELECT m.AtualizadoEm FROM (
        SELECT t.AtualizadoEm FROM dbo.PrescricaoMedicamento t WHERE t.AtualizadoEm > :marcador
        ORDER BY t.AtualizadoEm DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY
    ) m
) x

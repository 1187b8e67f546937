-- TrakCare: how many patients changed after the bind marcador, and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(s.atualizadoem) AS marcador
FROM sqluser.pacienteses s
WHERE s.atualizadoem > :marcador

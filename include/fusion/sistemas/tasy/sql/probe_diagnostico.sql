-- Tasy: how many rows behind change_diagnostico.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT d.dt_atualizacao AS marcador FROM tasy.diagnostico_doenca d
      WHERE d.dt_atualizacao > :marcador
      ORDER BY d.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

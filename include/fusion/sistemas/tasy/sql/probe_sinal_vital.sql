-- Tasy: how many rows behind change_sinal_vital.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT s.dt_atualizacao AS marcador FROM tasy.atendimento_sinal_vital s
      WHERE s.dt_atualizacao > :marcador AND s.nr_atendimento IS NOT NULL
      ORDER BY s.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

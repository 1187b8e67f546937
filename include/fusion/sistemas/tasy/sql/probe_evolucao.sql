-- Tasy: how many rows behind change_evolucao.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT e.dt_atualizacao AS marcador FROM tasy.evolucao_paciente e
      WHERE e.dt_atualizacao > :marcador AND e.nr_atendimento IS NOT NULL
      ORDER BY e.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

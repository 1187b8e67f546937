-- Tasy: how many rows behind change_atendimento.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT a.dt_atualizacao AS marcador FROM tasy.atendimento_paciente a
      WHERE a.dt_atualizacao > :marcador
      ORDER BY a.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

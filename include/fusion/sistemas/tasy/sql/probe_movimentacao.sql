-- Tasy: how many rows behind change_movimentacao.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT u.dt_atualizacao AS marcador FROM tasy.atend_paciente_unidade u
      WHERE u.dt_atualizacao > :marcador
      ORDER BY u.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

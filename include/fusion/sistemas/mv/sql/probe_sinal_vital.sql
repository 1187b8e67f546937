-- MV: how many collections of vital signs after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT s.data_coleta AS marcador FROM dbamv.coleta_sinal_vital s
      WHERE s.data_coleta > :marcador AND s.cd_atendimento IS NOT NULL
      ORDER BY s.data_coleta DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

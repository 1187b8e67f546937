-- Tasy: how many rows behind change_convenio.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT v.dt_atualizacao AS marcador FROM tasy.atend_categoria_convenio v
      WHERE v.dt_atualizacao > :marcador
      ORDER BY v.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

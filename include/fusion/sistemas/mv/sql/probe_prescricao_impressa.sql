-- MV: how many prescriptions were printed after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT m.dh_impressao AS marcador FROM dbamv.pre_med m
      WHERE m.dh_impressao > :marcador
      ORDER BY m.dh_impressao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

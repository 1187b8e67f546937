-- MV: how many prescription items were entered after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT i.dh_registro AS marcador FROM dbamv.itpre_med i
      WHERE i.dh_registro > :marcador
      ORDER BY i.dh_registro DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

-- MV: how many prescription items were cancelled after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT i.dh_cancelado AS marcador FROM dbamv.itpre_med i
      WHERE i.dh_cancelado > :marcador
      ORDER BY i.dh_cancelado DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

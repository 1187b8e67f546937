-- MV: how many patients were registered and never changed since, counted up to 5000, after the bind marcador, and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT p.dt_cadastro AS marcador FROM dbamv.paciente p
      WHERE p.dt_cadastro > :marcador AND p.dt_ultima_atualizacao IS NULL
      ORDER BY p.dt_cadastro DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

-- MV: how many patients with an attendance were changed, counted up to 5000, after the bind marcador, and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT p.dt_ultima_atualizacao AS marcador FROM dbamv.paciente p
      WHERE p.dt_ultima_atualizacao > :marcador
          AND EXISTS (SELECT 1 FROM dbamv.atendime a WHERE a.cd_paciente = p.cd_paciente)
      ORDER BY p.dt_ultima_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

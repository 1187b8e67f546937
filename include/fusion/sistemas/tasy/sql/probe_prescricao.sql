-- Tasy: how many rows behind change_prescricao.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT m.dt_atualizacao AS marcador FROM tasy.prescr_medica m
      WHERE m.dt_atualizacao > :marcador AND m.nr_atendimento IS NOT NULL
      ORDER BY m.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

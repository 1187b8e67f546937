-- Tasy: how many rows behind change_prescricao_procedimento.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT i.dt_atualizacao AS marcador FROM tasy.prescr_procedimento i
      WHERE i.dt_atualizacao > :marcador
          AND EXISTS (SELECT 1 FROM tasy.prescr_medica m WHERE m.nr_prescricao = i.nr_prescricao AND m.nr_atendimento IS NOT NULL)
      ORDER BY i.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

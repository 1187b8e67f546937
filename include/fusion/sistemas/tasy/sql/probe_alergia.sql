-- Tasy: how many rows behind change_alergia.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT g.dt_atualizacao AS marcador FROM tasy.paciente_alergia g
      WHERE g.dt_atualizacao > :marcador
          AND EXISTS (SELECT 1 FROM tasy.atendimento_paciente a WHERE a.cd_pessoa_fisica = g.cd_pessoa_fisica)
      ORDER BY g.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

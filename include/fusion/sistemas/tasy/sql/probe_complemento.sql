-- Tasy: how many rows behind change_complemento.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT c.dt_atualizacao AS marcador FROM tasy.compl_pessoa_fisica c
      WHERE c.dt_atualizacao > :marcador
          AND EXISTS (SELECT 1 FROM tasy.atendimento_paciente a WHERE a.cd_pessoa_fisica = c.cd_pessoa_fisica)
      ORDER BY c.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

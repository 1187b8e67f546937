-- Tasy: how many rows behind primeiro_atendimento.sql were touched after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT a.dt_atualizacao AS marcador FROM tasy.atendimento_paciente a
      WHERE a.dt_atualizacao > :marcador AND a.dt_cancelamento IS NULL
          AND NOT EXISTS (SELECT 1 FROM tasy.atendimento_paciente b
              WHERE b.cd_pessoa_fisica = a.cd_pessoa_fisica AND b.nr_atendimento < a.nr_atendimento AND b.dt_cancelamento IS NULL)
      ORDER BY a.dt_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

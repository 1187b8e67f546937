-- Tasy: how many patients had their first attendance opened after the bind marcador (counted up to 5000), and the newest opening. Less than
-- what change_primeiro_atendimento.sql reads: a touched attendance is no reason for a task of its own, since the run that delivers it looks at all.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT a.dt_atualizacao_nrec AS marcador FROM tasy.atendimento_paciente a
      WHERE a.dt_atualizacao > :marcador AND a.dt_atualizacao_nrec > :marcador
          AND NOT EXISTS (SELECT 1 FROM tasy.atendimento_paciente b
              WHERE b.cd_pessoa_fisica = a.cd_pessoa_fisica AND b.nr_atendimento < a.nr_atendimento)
      ORDER BY a.dt_atualizacao_nrec DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n

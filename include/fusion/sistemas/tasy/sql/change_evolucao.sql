-- Tasy: attendances with notes touched. A draft counts, too: a release that is taken back must be seen.
SELECT e.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.evolucao_paciente e
JOIN tasy.atendimento_paciente a ON a.nr_atendimento = e.nr_atendimento
WHERE e.dt_atualizacao >= :marcador AND (:chave IS NULL OR e.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY e.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

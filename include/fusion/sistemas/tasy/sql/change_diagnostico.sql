-- Tasy: attendances with diagnoses touched. A draft counts, too: a release that is taken back must be seen.
SELECT d.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.diagnostico_doenca d
JOIN tasy.atendimento_paciente a ON a.nr_atendimento = d.nr_atendimento
WHERE d.dt_atualizacao >= :marcador AND (:chave IS NULL OR d.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY d.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

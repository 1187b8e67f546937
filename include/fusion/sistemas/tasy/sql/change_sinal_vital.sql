-- Tasy: attendances with vital signs touched. A draft counts, too: a release that is taken back must be seen.
SELECT s.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.atendimento_sinal_vital s
JOIN tasy.atendimento_paciente a ON a.nr_atendimento = s.nr_atendimento
WHERE s.dt_atualizacao >= :marcador AND (:chave IS NULL OR s.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY s.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

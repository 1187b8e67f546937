-- Tasy: attendances with a stay in a unit touched.
SELECT u.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.atend_paciente_unidade u
JOIN tasy.atendimento_paciente a ON a.nr_atendimento = u.nr_atendimento
WHERE u.dt_atualizacao >= :marcador AND (:chave IS NULL OR u.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY u.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

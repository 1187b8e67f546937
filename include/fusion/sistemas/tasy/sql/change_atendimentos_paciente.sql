-- Tasy: attendances of patients that were touched: every attendance carries its patient.
SELECT p.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.pessoa_fisica p
JOIN tasy.atendimento_paciente a ON a.cd_pessoa_fisica = p.cd_pessoa_fisica
WHERE p.dt_atualizacao >= :marcador AND (:chave IS NULL OR p.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY p.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

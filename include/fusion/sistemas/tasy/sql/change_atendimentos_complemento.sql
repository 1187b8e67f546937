-- Tasy: attendances of patients with an address or relative touched.
SELECT c.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.compl_pessoa_fisica c
JOIN tasy.atendimento_paciente a ON a.cd_pessoa_fisica = c.cd_pessoa_fisica
WHERE c.dt_atualizacao >= :marcador AND (:chave IS NULL OR c.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY c.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- Tasy: attendances that were touched; a cancelled one is an exclusao.
SELECT a.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.atendimento_paciente a
WHERE a.dt_atualizacao >= :marcador AND (:chave IS NULL OR a.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY a.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

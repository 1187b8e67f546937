-- Tasy: attendances whose payer was touched.
SELECT v.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.atend_categoria_convenio v
JOIN tasy.atendimento_paciente a ON a.nr_atendimento = v.nr_atendimento
WHERE v.dt_atualizacao >= :marcador AND (:chave IS NULL OR v.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY v.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- Tasy: attendances of patients with an allergy touched: allergies are the patient's.
SELECT g.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.paciente_alergia g
JOIN tasy.atendimento_paciente a ON a.cd_pessoa_fisica = g.cd_pessoa_fisica
WHERE g.dt_atualizacao >= :marcador AND (:chave IS NULL OR g.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY g.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- Tasy: attendances with a requested procedure touched.
SELECT i.dt_atualizacao AS marcador, a.nr_atendimento AS chave, a.cd_pessoa_fisica AS chave_paciente,
    CASE WHEN a.dt_cancelamento IS NULL THEN 'alteracao' ELSE 'exclusao' END AS operacao
FROM tasy.prescr_procedimento i
JOIN tasy.prescr_medica m ON m.nr_prescricao = i.nr_prescricao
JOIN tasy.atendimento_paciente a ON a.nr_atendimento = m.nr_atendimento
WHERE i.dt_atualizacao >= :marcador AND (:chave IS NULL OR i.dt_atualizacao > :marcador OR a.nr_atendimento > :chave)
ORDER BY i.dt_atualizacao, a.nr_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

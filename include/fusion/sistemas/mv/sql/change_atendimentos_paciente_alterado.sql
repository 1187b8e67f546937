-- MV: attendances of patients that were changed: every attendance carries its patient.
-- Unchanged content is not sent again.
SELECT p.dt_ultima_atualizacao AS marcador, a.cd_atendimento AS chave, a.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.paciente p
JOIN dbamv.atendime a ON a.cd_paciente = p.cd_paciente
WHERE p.dt_ultima_atualizacao >= :marcador AND (:chave IS NULL OR p.dt_ultima_atualizacao > :marcador OR a.cd_atendimento > :chave)
ORDER BY p.dt_ultima_atualizacao, a.cd_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

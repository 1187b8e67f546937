-- MV: attendances of patients registered and never changed since: every attendance carries its patient.
-- Unchanged content is not sent again.
SELECT p.dt_cadastro AS marcador, a.cd_atendimento AS chave, a.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.paciente p
JOIN dbamv.atendime a ON a.cd_paciente = p.cd_paciente
WHERE p.dt_cadastro >= :marcador AND (:chave IS NULL OR p.dt_cadastro > :marcador OR a.cd_atendimento > :chave)
    AND p.dt_ultima_atualizacao IS NULL
ORDER BY p.dt_cadastro, a.cd_atendimento
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- MV: patients that were changed. The key is the patient's.
SELECT p.dt_ultima_atualizacao AS marcador, p.cd_paciente AS chave, p.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.paciente p
WHERE p.dt_ultima_atualizacao >= :marcador AND (:chave IS NULL OR p.dt_ultima_atualizacao > :marcador OR p.cd_paciente > :chave)
ORDER BY p.dt_ultima_atualizacao, p.cd_paciente
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

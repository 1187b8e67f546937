-- MV: patients registered and never changed since. The key is the patient's.
SELECT p.dt_cadastro AS marcador, p.cd_paciente AS chave, p.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.paciente p
WHERE p.dt_cadastro >= :marcador AND (:chave IS NULL OR p.dt_cadastro > :marcador OR p.cd_paciente > :chave)
    AND p.dt_ultima_atualizacao IS NULL
ORDER BY p.dt_cadastro, p.cd_paciente
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

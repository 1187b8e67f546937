-- Tasy: patients with an address or relative touched.
SELECT c.dt_atualizacao AS marcador, c.cd_pessoa_fisica AS chave, c.cd_pessoa_fisica AS chave_paciente,
    'alteracao' AS operacao
FROM tasy.compl_pessoa_fisica c
WHERE c.dt_atualizacao >= :marcador AND (CAST(:chave AS VARCHAR(10)) IS NULL OR c.dt_atualizacao > :marcador OR c.cd_pessoa_fisica > :chave)
    AND EXISTS (SELECT 1 FROM tasy.atendimento_paciente a WHERE a.cd_pessoa_fisica = c.cd_pessoa_fisica)
ORDER BY c.dt_atualizacao, c.cd_pessoa_fisica
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

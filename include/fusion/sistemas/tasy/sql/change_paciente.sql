-- Tasy: patients that were touched. Staff and relatives are persons, too, and never leave. A text key that may be NULL says its type.
SELECT p.dt_atualizacao AS marcador, p.cd_pessoa_fisica AS chave, p.cd_pessoa_fisica AS chave_paciente,
    'alteracao' AS operacao
FROM tasy.pessoa_fisica p
WHERE p.dt_atualizacao >= :marcador AND (CAST(:chave AS VARCHAR(10)) IS NULL OR p.dt_atualizacao > :marcador OR p.cd_pessoa_fisica > :chave)
    AND EXISTS (SELECT 1 FROM tasy.atendimento_paciente a WHERE a.cd_pessoa_fisica = p.cd_pessoa_fisica)
ORDER BY p.dt_atualizacao, p.cd_pessoa_fisica
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

-- Tasy: patients of touched attendances, of whom only those go on that Fusion does not have: a person is often registered long before
-- the first attendance, and an attendance is moved from an unknown person to the right one. A text key that may be NULL says its type.
SELECT a.dt_atualizacao AS marcador, a.cd_pessoa_fisica AS chave, a.cd_pessoa_fisica AS chave_paciente,
    'alteracao' AS operacao
FROM tasy.atendimento_paciente a
WHERE a.dt_atualizacao >= :marcador AND (CAST(:chave AS VARCHAR(10)) IS NULL OR a.dt_atualizacao > :marcador OR a.cd_pessoa_fisica > :chave)
ORDER BY a.dt_atualizacao, a.cd_pessoa_fisica
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

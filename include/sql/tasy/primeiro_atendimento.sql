-- Tasy: patients whose first attendance was opened. A person is often registered long before, when no attendance made a patient of him or
-- her yet. The row's first moment is the marker; dt_atualizacao, never before it, is the one with an index. A text key that may be NULL
-- says its type.
SELECT a.dt_atualizacao_nrec AS marcador, a.cd_pessoa_fisica AS chave, a.cd_pessoa_fisica AS chave_paciente,
    'alteracao' AS operacao
FROM tasy.atendimento_paciente a
WHERE a.dt_atualizacao >= :marcador AND a.dt_atualizacao_nrec >= :marcador
    AND (CAST(:chave AS VARCHAR(10)) IS NULL OR a.dt_atualizacao_nrec > :marcador OR a.cd_pessoa_fisica > :chave)
    AND NOT EXISTS (SELECT 1 FROM tasy.atendimento_paciente b
        WHERE b.cd_pessoa_fisica = a.cd_pessoa_fisica AND b.nr_atendimento < a.nr_atendimento)
ORDER BY a.dt_atualizacao_nrec, a.cd_pessoa_fisica
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY

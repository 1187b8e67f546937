-- Sotech: version and attendance of ambulatory exams. Binds: de, ate (keys, ate excluded).
-- Source: include/contracts/sotech/ddl.sql.
SELECT
    e.pkexame AS pk,
    (CAST(e.version AS bigint) * 2 + CASE WHEN e.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(e.pkexame AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(e.uuid), 0) AS parcela,
    e.version AS versao, e.ativo AS ativo, e.fkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM pep.ate_exame e
LEFT JOIN sotech.ate_atendimento a ON a.pkatendimento = e.fkatendimento
WHERE e.pkexame >= :de AND e.pkexame < :ate

-- Sotech: version and attendance of diagnoses. Binds: de, ate (keys, ate excluded).
-- Source: include/contracts/sotech/ddl.sql.
SELECT
    d.pkdiagnostico AS pk,
    (CAST(d.version AS bigint) * 2 + CASE WHEN d.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(d.pkdiagnostico AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(d.uuid), 0) AS parcela,
    d.version AS versao, d.ativo AS ativo, d.fkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM pep.ate_diagnostico d
LEFT JOIN sotech.ate_atendimento a ON a.pkatendimento = d.fkatendimento
WHERE d.pkdiagnostico >= :de AND d.pkdiagnostico < :ate

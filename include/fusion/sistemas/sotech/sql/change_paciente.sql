-- Sotech: version and attendance of patients. Binds: de, ate (keys, ate excluded). Source: include/contracts/sotech.
SELECT
    p.pkpaciente AS pk,
    (CAST(p.version AS bigint) * 2 + CASE WHEN p.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(p.pkpaciente AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(p.uuid), 0) AS parcela,
    p.version AS versao, p.ativo AS ativo, CAST(NULL AS integer) AS chave, p.pkpaciente AS chave_paciente
FROM sotech.cdg_paciente p
WHERE p.pkpaciente >= :de AND p.pkpaciente < :ate

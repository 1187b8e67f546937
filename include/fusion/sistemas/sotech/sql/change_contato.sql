-- Sotech: version and attendance of contacts of patients. Binds: de, ate (keys, ate excluded). Source: include/contracts/sotech.
SELECT
    c.pkcontato AS pk,
    (CAST(c.version AS bigint) * 2 + CASE WHEN c.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(c.pkcontato AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(c.uuid), 0) AS parcela,
    c.version AS versao, c.ativo AS ativo, CAST(NULL AS integer) AS chave, c.fkpaciente AS chave_paciente
FROM sotech.cdg_contato c
WHERE c.pkcontato >= :de AND c.pkcontato < :ate AND c.fkpaciente IS NOT NULL

-- Sotech: version and attendance of attendances. Binds: de, ate (keys, ate excluded). Source: include/contracts/sotech.
SELECT
    a.pkatendimento AS pk,
    (CAST(a.version AS bigint) * 2 + CASE WHEN a.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(a.pkatendimento AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(a.uuid), 0) AS parcela,
    a.version AS versao, a.ativo AS ativo, a.pkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM sotech.ate_atendimento a
WHERE a.pkatendimento >= :de AND a.pkatendimento < :ate

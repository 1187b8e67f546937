-- Sotech: version and attendance of prescriptions. Binds: de, ate (keys, ate excluded).
-- Source: include/contracts/sotech/ddl.sql.
SELECT
    p.pkprescricao AS pk,
    (CAST(p.version AS bigint) * 2 + CASE WHEN p.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(p.pkprescricao AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(p.uuid), 0) AS parcela,
    p.version AS versao, p.ativo AS ativo, p.fkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM pep.ate_prescricao p
LEFT JOIN sotech.ate_atendimento a ON a.pkatendimento = p.fkatendimento
WHERE p.pkprescricao >= :de AND p.pkprescricao < :ate

-- Sotech: version and attendance of prescribed medicines. Binds: de, ate (keys, ate excluded).
-- Source: include/contracts/sotech/ddl.sql.
SELECT
    i.pkprescricaoitem AS pk,
    (CAST(i.version AS bigint) * 2 + CASE WHEN i.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(i.pkprescricaoitem AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(i.uuid), 0) AS parcela,
    i.version AS versao, i.ativo AS ativo, p.fkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM pep.ate_prescricao_item i
LEFT JOIN pep.ate_prescricao p ON p.pkprescricao = i.fkprescricao
LEFT JOIN sotech.ate_atendimento a ON a.pkatendimento = p.fkatendimento
WHERE i.pkprescricaoitem >= :de AND i.pkprescricaoitem < :ate

-- Sotech: version and attendance of results of ambulatory exams. Binds: de, ate (keys, ate excluded).
-- Source: include/contracts/sotech/ddl.sql.
SELECT
    r.pkexameresultado AS pk,
    (CAST(r.version AS bigint) * 2 + CASE WHEN r.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(r.pkexameresultado AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(r.uuid), 0) AS parcela,
    r.version AS versao, r.ativo AS ativo, e.fkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM pep.ate_exame_resultado r
LEFT JOIN pep.ate_exame e ON e.pkexame = r.fkexame
LEFT JOIN sotech.ate_atendimento a ON a.pkatendimento = e.fkatendimento
WHERE r.pkexameresultado >= :de AND r.pkexameresultado < :ate

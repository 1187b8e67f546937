-- Sotech: version and attendance of vital signs. Binds: de, ate (keys, ate excluded).
-- Source: include/contracts/sotech/ddl.sql.
SELECT
    s.pksinalvital AS pk,
    (CAST(s.version AS bigint) * 2 + CASE WHEN s.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(s.pksinalvital AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(s.uuid), 0) AS parcela,
    s.version AS versao, s.ativo AS ativo, s.fkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM pep.ate_sinalvital s
LEFT JOIN sotech.ate_atendimento a ON a.pkatendimento = s.fkatendimento
WHERE s.pksinalvital >= :de AND s.pksinalvital < :ate

-- Sotech: version and attendance of bed movements. Binds: de, ate (keys, ate excluded). Source: include/contracts/sotech.
SELECT
    m.pkmovimentacaoleito AS pk,
    (CAST(m.version AS bigint) * 2 + CASE WHEN m.ativo THEN 1 ELSE 0 END + 1)
        * (MOD(CAST(m.pkmovimentacaoleito AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(m.uuid), 0) AS parcela,
    m.version AS versao, m.ativo AS ativo, m.fkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM sotech.ate_movimentacao_leito m
LEFT JOIN sotech.ate_atendimento a ON a.pkatendimento = m.fkatendimento
WHERE m.pkmovimentacaoleito >= :de AND m.pkmovimentacaoleito < :ate

-- Sotech: how many bed movements each block of keys has, and a sum that any change moves. Bind: tamanho. Source: include/contracts/sotech.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        m.pkmovimentacaoleito / :tamanho AS bloco,
        (CAST(m.version AS bigint) * 2 + CASE WHEN m.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(m.pkmovimentacaoleito AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(m.uuid), 0) AS parcela
    FROM sotech.ate_movimentacao_leito m
) r
GROUP BY r.bloco

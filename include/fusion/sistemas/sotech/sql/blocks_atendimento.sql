-- Sotech: how many attendances each block of keys has, and a sum that any change moves. Bind: tamanho. Source: include/contracts/sotech.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        a.pkatendimento / :tamanho AS bloco,
        (CAST(a.version AS bigint) * 2 + CASE WHEN a.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(a.pkatendimento AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(a.uuid), 0) AS parcela
    FROM sotech.ate_atendimento a
) r
GROUP BY r.bloco

-- Sotech: how many vital signs each block of keys has, and a sum that any change moves. Bind: tamanho.
-- Source: include/contracts/sotech/ddl.sql.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        s.pksinalvital / :tamanho AS bloco,
        (CAST(s.version AS bigint) * 2 + CASE WHEN s.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(s.pksinalvital AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(s.uuid), 0) AS parcela
    FROM pep.ate_sinalvital s
) r
GROUP BY r.bloco

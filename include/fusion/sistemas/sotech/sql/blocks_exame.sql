-- Sotech: how many ambulatory exams each block of keys has, and a sum that any change moves. Bind: tamanho.
-- Source: include/contracts/sotech/ddl.sql.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        e.pkexame / :tamanho AS bloco,
        (CAST(e.version AS bigint) * 2 + CASE WHEN e.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(e.pkexame AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(e.uuid), 0) AS parcela
    FROM pep.ate_exame e
) r
GROUP BY r.bloco

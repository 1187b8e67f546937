-- Sotech: how many results of ambulatory exams each block of keys has, and a sum that any change moves. Bind: tamanho.
-- Source: include/contracts/sotech/ddl.sql.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        r.pkexameresultado / :tamanho AS bloco,
        (CAST(r.version AS bigint) * 2 + CASE WHEN r.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(r.pkexameresultado AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(r.uuid), 0) AS parcela
    FROM pep.ate_exame_resultado r
) r
GROUP BY r.bloco

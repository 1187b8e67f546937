-- Sotech: how many diagnoses each block of keys has, and a sum that any change moves. Bind: tamanho.
-- Source: include/contracts/sotech/ddl.sql.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        d.pkdiagnostico / :tamanho AS bloco,
        (CAST(d.version AS bigint) * 2 + CASE WHEN d.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(d.pkdiagnostico AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(d.uuid), 0) AS parcela
    FROM pep.ate_diagnostico d
) r
GROUP BY r.bloco

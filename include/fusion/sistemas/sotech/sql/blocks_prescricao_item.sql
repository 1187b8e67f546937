-- Sotech: how many prescribed medicines each block of keys has, and a sum that any change moves. Bind: tamanho.
-- Source: include/contracts/sotech/ddl.sql.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        i.pkprescricaoitem / :tamanho AS bloco,
        (CAST(i.version AS bigint) * 2 + CASE WHEN i.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(i.pkprescricaoitem AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(i.uuid), 0) AS parcela
    FROM pep.ate_prescricao_item i
) r
GROUP BY r.bloco

-- Sotech: how many prescriptions each block of keys has, and a sum that any change moves. Bind: tamanho.
-- Source: include/contracts/sotech/ddl.sql.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        p.pkprescricao / :tamanho AS bloco,
        (CAST(p.version AS bigint) * 2 + CASE WHEN p.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(p.pkprescricao AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(p.uuid), 0) AS parcela
    FROM pep.ate_prescricao p
) r
GROUP BY r.bloco

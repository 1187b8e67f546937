-- Sotech: how many contacts of patients each block of keys has, and a sum that any change moves. Bind: tamanho. Source: include/contracts/sotech.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        c.pkcontato / :tamanho AS bloco,
        (CAST(c.version AS bigint) * 2 + CASE WHEN c.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(c.pkcontato AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(c.uuid), 0) AS parcela
    FROM sotech.cdg_contato c
    WHERE c.fkpaciente IS NOT NULL
) r
GROUP BY r.bloco

-- Sotech: how many patients each block of keys has, and a sum that any change moves. Bind: tamanho. Source: include/contracts/sotech.
SELECT r.bloco, COUNT(*) AS quantidade, CAST(SUM(r.parcela) AS bigint) AS soma
FROM (
    SELECT
        p.pkpaciente / :tamanho AS bloco,
        (CAST(p.version AS bigint) * 2 + CASE WHEN p.ativo THEN 1 ELSE 0 END + 1)
            * (MOD(CAST(p.pkpaciente AS bigint) * 7919, 1000003) + 1) + COALESCE(uuid_hash(p.uuid), 0) AS parcela
    FROM sotech.cdg_paciente p
) r
GROUP BY r.bloco

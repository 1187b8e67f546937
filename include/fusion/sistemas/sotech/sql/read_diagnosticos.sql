-- Sotech: diagnoses of a batch. Bind: chaves. Source: include/contracts/sotech/ddl.sql (a contract of ours).
SELECT
    d.fkatendimento AS chave, d.pkdiagnostico AS codigo, c.codcid AS cid10, c.cid AS descricao, d.tipo AS tipo, d.datahora AS data,
    d.observacao AS observacao, pr.pkinterveniente AS profissional_codigo, pr.interveniente AS profissional_nome
FROM pep.ate_diagnostico d
JOIN sotech.tbn_cid c ON c.pkcid = d.fkcid
LEFT JOIN sotech.cdg_interveniente pr ON pr.pkinterveniente = d.fkinterveniente
WHERE d.fkatendimento IN :chaves AND d.ativo
ORDER BY d.fkatendimento, d.pkdiagnostico

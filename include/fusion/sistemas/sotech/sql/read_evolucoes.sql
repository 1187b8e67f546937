-- Sotech: clinical notes of a batch. Bind: chaves. Source: include/contracts/sotech/ddl.sql (a contract of ours).
SELECT
    e.fkatendimento AS chave, e.pkevolucao AS codigo, e.datahora AS data, e.tipo AS tipo, e.evolucao AS texto,
    pr.pkinterveniente AS profissional_codigo, pr.interveniente AS profissional_nome
FROM pep.ate_evolucao e
LEFT JOIN sotech.cdg_interveniente pr ON pr.pkinterveniente = e.fkinterveniente
WHERE e.fkatendimento IN :chaves AND e.ativo
ORDER BY e.fkatendimento, e.pkevolucao

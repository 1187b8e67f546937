-- Sotech: anamneses of a batch. Bind: chaves. Source: include/contracts/sotech/ddl.sql (a contract of ours).
SELECT
    s.fkatendimento AS chave, s.pksubjetivo AS codigo, s.datahora AS data, s.queixaprincipal AS queixa_principal, s.subjetivo AS texto,
    pr.pkinterveniente AS profissional_codigo, pr.interveniente AS profissional_nome
FROM pep.ate_subjetivo s
LEFT JOIN sotech.cdg_interveniente pr ON pr.pkinterveniente = s.fkinterveniente
WHERE s.fkatendimento IN :chaves AND s.ativo
ORDER BY s.fkatendimento, s.pksubjetivo

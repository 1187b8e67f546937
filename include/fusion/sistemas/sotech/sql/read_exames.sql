-- Sotech: ambulatory exams of a batch. Bind: chaves. Source: include/contracts/sotech/ddl.sql (a contract of ours).
SELECT
    e.fkatendimento AS chave, e.pkexame AS codigo, pc.codprocedimento AS procedimento, pc.procedimento AS nome,
    e.datasolicitacao AS solicitado_em, e.datarealizacao AS realizado_em, e.dataresultado AS resultado_em, e.laudo AS laudo,
    pr.pkinterveniente AS profissional_codigo, pr.interveniente AS profissional_nome
FROM pep.ate_exame e
JOIN sotech.tbl_procedimento pc ON pc.pkprocedimento = e.fkprocedimento
LEFT JOIN sotech.cdg_interveniente pr ON pr.pkinterveniente = e.fkinterveniente
WHERE e.fkatendimento IN :chaves AND e.ativo
ORDER BY e.fkatendimento, e.pkexame

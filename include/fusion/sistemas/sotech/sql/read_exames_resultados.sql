-- Sotech: results of ambulatory exams of a batch. Bind: chaves. Source: include/contracts/sotech/ddl.sql (a contract of ours).
SELECT
    e.fkatendimento AS chave, r.fkexame AS exame, r.resultado AS nome, r.valor AS valor, r.unidade AS unidade,
    r.referencia AS referencia
FROM pep.ate_exame e
JOIN pep.ate_exame_resultado r ON r.fkexame = e.pkexame
WHERE e.fkatendimento IN :chaves AND e.ativo AND r.ativo
ORDER BY e.fkatendimento, r.fkexame, r.ordem, r.pkexameresultado

-- Sotech: telephones and addresses of the patients of a batch. Bind: chaves. Source: include/contracts/sotech.
SELECT a.pkatendimento AS chave, c.celular1 AS celular1, c.celular2 AS celular2, c.email AS email
FROM sotech.ate_atendimento a
JOIN sotech.cdg_contato c ON c.fkpaciente = a.fkpaciente
WHERE a.pkatendimento IN :chaves AND c.ativo
ORDER BY a.pkatendimento, c.pkcontato

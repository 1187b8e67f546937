-- Sotech: attendances of a batch that are there and inactive. Bind: chaves. Source: include/contracts/sotech.
SELECT a.pkatendimento AS chave
FROM sotech.ate_atendimento a
WHERE a.pkatendimento IN :chaves AND NOT a.ativo

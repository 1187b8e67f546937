-- Results of the ambulatory exams of a batch of attendances. Bind: chaves. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    r.AtendimentoId AS chave, r.ExameId AS exame, r.Nome AS nome, r.Valor AS valor, r.ValorNumerico AS valor_numerico,
    r.UnidadeMedida AS unidade, r.Referencia AS referencia
FROM dbo.ExameResultado r
WHERE r.AtendimentoId IN :chaves AND r.Excluido = 0
ORDER BY r.AtendimentoId, r.ExameId, r.Ordem, r.ExameResultadoId

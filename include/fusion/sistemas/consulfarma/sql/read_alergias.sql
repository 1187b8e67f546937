-- Allergies of the patients of a batch of attendances. Bind: chaves. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    a.AtendimentoId AS chave, al.AlergiaId AS codigo, al.Substancia AS substancia, al.Categoria AS categoria, al.Gravidade AS gravidade,
    al.Nega AS nega, al.Reacao AS reacao, al.DataInicio AS data_inicio, al.Ativa AS ativa
FROM dbo.Atendimento a
JOIN dbo.Alergia al ON al.PacienteId = a.PacienteId AND al.Excluido = 0
WHERE a.AtendimentoId IN :chaves
ORDER BY a.AtendimentoId, al.AlergiaId

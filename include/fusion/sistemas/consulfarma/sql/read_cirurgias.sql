-- Surgeries of a batch of attendances. Bind: chaves. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    c.AtendimentoId AS chave, c.CirurgiaId AS codigo, c.ProcedimentoCodigo AS procedimento, c.Descricao AS descricao,
    c.Situacao AS situacao, c.InicioEm AS inicio, c.FimEm AS fim, c.Principal AS principal, c.Lateralidade AS lateralidade,
    c.Sala AS sala, c.Observacao AS observacao,
    pr.ProfissionalId AS profissional_codigo, pr.Nome AS profissional_nome, pr.Cpf AS profissional_cpf, pr.Cns AS profissional_cns,
    pr.Cbo AS profissional_cbo, pr.Conselho AS profissional_conselho, pr.NumeroConselho AS profissional_numero_conselho,
    pr.UfConselho AS profissional_uf_conselho
FROM dbo.Cirurgia c
LEFT JOIN dbo.Profissional pr ON pr.ProfissionalId = c.ProfissionalId
WHERE c.AtendimentoId IN :chaves AND c.Excluido = 0
ORDER BY c.AtendimentoId, c.CirurgiaId

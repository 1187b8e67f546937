-- Ambulatory exams of a batch of attendances. Bind: chaves. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    e.AtendimentoId AS chave, e.ExameId AS codigo, e.ProcedimentoCodigo AS procedimento, e.Nome AS nome, e.SolicitadoEm AS solicitado_em,
    e.RealizadoEm AS realizado_em, e.ResultadoEm AS resultado_em, e.Laudo AS laudo,
    pr.ProfissionalId AS profissional_codigo, pr.Nome AS profissional_nome, pr.Cpf AS profissional_cpf, pr.Cns AS profissional_cns,
    pr.Cbo AS profissional_cbo, pr.Conselho AS profissional_conselho, pr.NumeroConselho AS profissional_numero_conselho,
    pr.UfConselho AS profissional_uf_conselho
FROM dbo.ExameAmbulatorial e
LEFT JOIN dbo.Profissional pr ON pr.ProfissionalId = e.ProfissionalId
WHERE e.AtendimentoId IN :chaves AND e.Excluido = 0
ORDER BY e.AtendimentoId, e.ExameId

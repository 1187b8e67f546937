-- Diagnoses of a batch of attendances. Bind: chaves. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    d.AtendimentoId AS chave, d.DiagnosticoId AS codigo, d.Cid10 AS cid10, d.Descricao AS descricao, d.Tipo AS tipo,
    d.RegistradoEm AS registrado_em, d.Observacao AS observacao,
    pr.ProfissionalId AS profissional_codigo, pr.Nome AS profissional_nome, pr.Cpf AS profissional_cpf, pr.Cns AS profissional_cns,
    pr.Cbo AS profissional_cbo, pr.Conselho AS profissional_conselho, pr.NumeroConselho AS profissional_numero_conselho,
    pr.UfConselho AS profissional_uf_conselho
FROM dbo.Diagnostico d
LEFT JOIN dbo.Profissional pr ON pr.ProfissionalId = d.ProfissionalId
WHERE d.AtendimentoId IN :chaves AND d.Excluido = 0
ORDER BY d.AtendimentoId, d.DiagnosticoId

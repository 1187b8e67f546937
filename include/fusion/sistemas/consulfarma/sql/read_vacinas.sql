-- Vaccines of the patients of a batch of attendances. Bind: chaves. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    a.AtendimentoId AS chave, v.VacinaId AS codigo, v.ImunobiologicoCodigo AS imunobiologico, v.Nome AS nome, v.Dose AS dose,
    v.Estrategia AS estrategia, v.ViaAplicacao AS via, v.LocalAplicacao AS local_aplicacao, v.Lote AS lote, v.Fabricante AS fabricante,
    v.ValidadeLote AS validade_lote, v.AplicadaEm AS aplicada_em, v.Aprazamento AS aprazamento,
    v.RegistroAnterior AS registro_anterior, v.Observacao AS observacao,
    pr.ProfissionalId AS profissional_codigo, pr.Nome AS profissional_nome, pr.Cpf AS profissional_cpf, pr.Cns AS profissional_cns,
    pr.Cbo AS profissional_cbo, pr.Conselho AS profissional_conselho, pr.NumeroConselho AS profissional_numero_conselho,
    pr.UfConselho AS profissional_uf_conselho
FROM dbo.Atendimento a
JOIN dbo.Vacina v ON v.PacienteId = a.PacienteId AND v.Excluido = 0
LEFT JOIN dbo.Profissional pr ON pr.ProfissionalId = v.ProfissionalId
WHERE a.AtendimentoId IN :chaves
ORDER BY a.AtendimentoId, v.VacinaId

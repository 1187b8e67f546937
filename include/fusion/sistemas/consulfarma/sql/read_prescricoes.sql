-- Prescribed medicines of a batch of attendances. Bind: chaves. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    m.AtendimentoId AS chave, m.PrescricaoMedicamentoId AS codigo, m.MedicamentoCodigo AS medicamento, m.Nome AS nome,
    m.Concentracao AS concentracao, m.Dose AS dose, m.UnidadeDose AS unidade_dose, m.ViaAdministracao AS via, m.Frequencia AS frequencia,
    m.Posologia AS posologia, m.Quantidade AS quantidade, m.UsoContinuo AS uso_continuo, m.DataInicio AS inicio, m.DataFim AS fim,
    m.PrescritoEm AS prescrito_em, m.Suspenso AS suspenso, m.Recomendacao AS recomendacao,
    pr.ProfissionalId AS profissional_codigo, pr.Nome AS profissional_nome, pr.Cpf AS profissional_cpf, pr.Cns AS profissional_cns,
    pr.Cbo AS profissional_cbo, pr.Conselho AS profissional_conselho, pr.NumeroConselho AS profissional_numero_conselho,
    pr.UfConselho AS profissional_uf_conselho
FROM dbo.PrescricaoMedicamento m
LEFT JOIN dbo.Profissional pr ON pr.ProfissionalId = m.ProfissionalId
WHERE m.AtendimentoId IN :chaves AND m.Excluido = 0
ORDER BY m.AtendimentoId, m.PrescricaoMedicamentoId

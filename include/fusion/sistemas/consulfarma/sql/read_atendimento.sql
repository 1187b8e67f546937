-- Attendances of a batch with patient, professional and unit. Bind: chaves. Source: include/contracts/consulfarma/ddl.sql.
SELECT
    a.AtendimentoId AS chave, a.Tipo AS tipo, a.Situacao AS situacao, a.Carater AS carater, a.DataInicio AS data_inicio,
    a.DataFim AS data_fim, a.DataAltaMedica AS data_alta_medica, a.MotivoAlta AS motivo_alta, a.QueixaPrincipal AS queixa_principal,
    a.Setor AS setor, a.Leito AS leito, a.Especialidade AS especialidade, a.Convenio AS convenio, a.AtualizadoEm AS atualizado_em,
    p.PacienteId AS paciente_codigo, p.Nome AS paciente_nome, p.NomeSocial AS paciente_nome_social, p.NomeMae AS paciente_nome_mae,
    p.NomePai AS paciente_nome_pai, p.DataNascimento AS paciente_data_nascimento, p.DataObito AS paciente_data_obito,
    p.Sexo AS paciente_sexo, p.RacaCor AS paciente_raca_cor, p.Cpf AS paciente_cpf, p.Cns AS paciente_cns,
    p.Logradouro AS endereco_logradouro, p.Numero AS endereco_numero, p.Complemento AS endereco_complemento,
    p.Bairro AS endereco_bairro, p.Cep AS endereco_cep, p.Municipio AS endereco_municipio, p.CodigoIbge AS endereco_codigo_ibge,
    p.Uf AS endereco_uf, p.Celular AS contato_celular, p.Telefone AS contato_residencial, p.TelefoneContato AS contato_contato,
    p.Email AS contato_email, p.Ativo AS paciente_ativo, p.UnificadoEmId AS paciente_unificado_em,
    u.UnidadeId AS unidade_codigo, u.Cnes AS unidade_cnes, u.Nome AS unidade_nome,
    pr.ProfissionalId AS profissional_codigo, pr.Nome AS profissional_nome, pr.Cpf AS profissional_cpf, pr.Cns AS profissional_cns,
    pr.Cbo AS profissional_cbo, pr.Conselho AS profissional_conselho, pr.NumeroConselho AS profissional_numero_conselho,
    pr.UfConselho AS profissional_uf_conselho
FROM dbo.Atendimento a
JOIN dbo.Paciente p ON p.PacienteId = a.PacienteId
LEFT JOIN dbo.Unidade u ON u.UnidadeId = a.UnidadeId
LEFT JOIN dbo.Profissional pr ON pr.ProfissionalId = a.ProfissionalId
WHERE a.AtendimentoId IN :chaves

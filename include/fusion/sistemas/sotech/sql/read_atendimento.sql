-- Sotech: attendances of a batch with patient, unit, bed, professional and the two diagnoses of its own. Bind: chaves.
-- Source: include/contracts/sotech. An inactive one is not there; one whose patient is missing is, and is refused: only what is gone is cancelled.
SELECT
    a.pkatendimento AS chave, a.dataentrada AS data_inicio, a.datasaida AS data_fim, a.queixaprincipal AS queixa_principal,
    t.pktipoatendimento AS tipo_codigo, t.tipoatendimento AS tipo_nome,
    u.pkunidadesaude AS unidade_codigo, u.unidadesaude AS unidade_nome, e.especialidade AS especialidade,
    l.codleito AS leito, po.posto AS setor,
    cp.codcid AS cid_principal, cp.cid AS cid_principal_nome, cs.codcid AS cid_secundario, cs.cid AS cid_secundario_nome,
    pr.pkinterveniente AS profissional_codigo, pr.interveniente AS profissional_nome,
    p.pkpaciente AS paciente_codigo, p.paciente AS paciente_nome, p.cpf AS paciente_cpf, p.cns AS paciente_cns,
    p.datanascimento AS paciente_data_nascimento, sx.pksexo AS paciente_sexo_codigo, sx.sexo AS paciente_sexo_nome,
    p.mae AS paciente_nome_mae, p.pai AS paciente_nome_pai, p.ativo AS paciente_ativo,
    p.endereco AS endereco_logradouro, p.numero AS endereco_numero, p.complemento AS endereco_complemento,
    b.bairro AS endereco_bairro, mu.municipio AS endereco_municipio, uf.uf AS endereco_uf
FROM sotech.ate_atendimento a
LEFT JOIN sotech.cdg_paciente p ON p.pkpaciente = a.fkpaciente
LEFT JOIN sotech.tbl_tipoatendimento t ON t.pktipoatendimento = a.fktipoatendimento
LEFT JOIN sotech.cdg_unidadesaude u ON u.pkunidadesaude = a.fkunidadesaude
LEFT JOIN sotech.tbn_especialidade e ON e.pkespecialidade = a.fkespecialidade
LEFT JOIN sotech.cdg_leito l ON l.pkleito = a.fkleito
LEFT JOIN sotech.cdg_enfermaria en ON en.pkenfermaria = l.fkenfermaria
LEFT JOIN sotech.cdg_posto po ON po.pkposto = en.fkposto
LEFT JOIN sotech.tbn_cid cp ON cp.pkcid = a.fkcidprincipal
LEFT JOIN sotech.tbn_cid cs ON cs.pkcid = a.fkcidsecundario
LEFT JOIN sotech.cdg_interveniente pr ON pr.pkinterveniente = a.fkprofissionalatendimento
LEFT JOIN sotech.tbl_sexo sx ON sx.pksexo = p.fksexo
LEFT JOIN sotech.tbn_bairro b ON b.pkbairro = p.fkbairro
LEFT JOIN sotech.tbn_municipio mu ON mu.pkmunicipio = p.fkcidade
LEFT JOIN sotech.tbn_uf uf ON uf.pkuf = p.fkuf
WHERE a.pkatendimento IN :chaves AND a.ativo

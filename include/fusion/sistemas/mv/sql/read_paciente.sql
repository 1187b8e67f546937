-- MV: patients of a batch (the keys are cd_paciente), with the same columns as in an attendance.
SELECT p.cd_paciente AS chave,
    p.cd_paciente, p.nm_paciente, p.nm_social_paciente, p.sn_utiliza_nome_social, p.dt_nascimento, p.tp_sexo, p.tp_cor,
    p.nm_mae, p.nm_pai, p.nr_cpf, p.nr_cns, p.cd_cns, p.ds_endereco, p.nr_endereco, p.ds_complemento, p.nm_bairro, p.nr_cep,
    ci.nm_cidade, ci.cd_uf, ci.cd_ibge, p.nr_ddd_fone, p.nr_fone, p.nr_ddd_celular, p.nr_celular, p.email, p.sn_ativo
FROM dbamv.paciente p
LEFT JOIN dbamv.cidade ci ON ci.cd_cidade = p.cd_cidade
WHERE p.cd_paciente IN :chaves

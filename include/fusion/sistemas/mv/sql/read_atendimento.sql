-- MV: attendances of a batch with patient, bed and unit, payer, specialty, origin, attending professional and discharge reason.
SELECT a.cd_atendimento AS chave, a.dt_atendimento, a.hr_atendimento, a.tp_atendimento, a.tp_carater_internacao, a.dt_alta, a.hr_alta,
    a.dt_alta_medica, a.hr_alta_medica, a.cd_mot_alt, mt.tp_mot_alta, a.sn_obito, a.cd_cid, c.ds_cid, a.cd_leito, u.ds_unid_int,
    o.ds_ori_ate, a.cd_convenio, cv.nm_convenio, e.ds_especialid,
    pr.cd_prestador AS prestador_codigo, pr.nm_prestador AS prestador_nome, pr.nr_cpf_cgc AS prestador_cpf,
    pr.nr_cns AS prestador_cns, pr.cd_cbos AS prestador_cbo, pr.cd_conselho AS prestador_conselho,
    pr.ds_codigo_conselho AS prestador_registro,
    p.cd_paciente, p.nm_paciente, p.nm_social_paciente, p.sn_utiliza_nome_social, p.dt_nascimento, p.tp_sexo, p.tp_cor,
    p.nm_mae, p.nm_pai, p.nr_cpf, p.nr_cns, p.cd_cns, p.ds_endereco, p.nr_endereco, p.ds_complemento, p.nm_bairro, p.nr_cep,
    ci.nm_cidade, ci.cd_uf, ci.cd_ibge, p.nr_ddd_fone, p.nr_fone, p.nr_ddd_celular, p.nr_celular, p.email, p.sn_ativo
FROM dbamv.atendime a
JOIN dbamv.paciente p ON p.cd_paciente = a.cd_paciente
LEFT JOIN dbamv.cidade ci ON ci.cd_cidade = p.cd_cidade
LEFT JOIN dbamv.leito l ON l.cd_leito = a.cd_leito
LEFT JOIN dbamv.unid_int u ON u.cd_unid_int = l.cd_unid_int
LEFT JOIN dbamv.ori_ate o ON o.cd_ori_ate = a.cd_ori_ate
LEFT JOIN dbamv.convenio cv ON cv.cd_convenio = a.cd_convenio
LEFT JOIN dbamv.especialid e ON e.cd_especialid = a.cd_especialid
LEFT JOIN dbamv.mot_alt mt ON mt.cd_mot_alt = a.cd_mot_alt
LEFT JOIN dbamv.cid c ON c.cd_cid = a.cd_cid
LEFT JOIN dbamv.prestador pr ON pr.cd_prestador = a.cd_prestador
WHERE a.cd_atendimento IN :chaves

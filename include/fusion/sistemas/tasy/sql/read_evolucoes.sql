-- Tasy: notes that are released and in force. ds_evolucao is a LONG, often RTF: selected last, and nowhere else.
SELECT e.nr_atendimento AS chave, e.cd_evolucao, e.dt_evolucao, e.ie_tipo_evolucao, e.ie_evolucao_clinica,
    pf.cd_pessoa_fisica AS profissional_codigo, pf.nm_pessoa_fisica AS profissional_nome, pf.nr_cpf AS profissional_cpf,
    pf.nr_cartao_nac_sus AS profissional_cns, md.nr_crm AS profissional_crm, md.uf_crm AS profissional_uf,
    e.ds_evolucao
FROM tasy.evolucao_paciente e
LEFT JOIN tasy.pessoa_fisica pf ON pf.cd_pessoa_fisica = e.cd_medico
LEFT JOIN tasy.medico md ON md.cd_pessoa_fisica = e.cd_medico
WHERE e.nr_atendimento IN :chaves AND e.dt_liberacao IS NOT NULL AND COALESCE(e.ie_situacao, 'A') = 'A'
ORDER BY e.cd_evolucao

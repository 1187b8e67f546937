-- Tasy: attendances of a batch with patient, responsible physician and reason of discharge. A cancelled one is not there any more;
-- one whose patient is missing is, and is refused: only what was cancelled is cancelled in Fusion.
SELECT a.nr_atendimento AS chave, a.ie_tipo_atendimento, a.dt_entrada, a.dt_alta, a.dt_alta_medico, a.cd_motivo_alta, ma.ds_motivo_alta,
    ma.ie_obito, a.ie_carater_inter_sus, a.ie_clinica, a.cd_estabelecimento,
    r.cd_pessoa_fisica AS profissional_codigo, r.nm_pessoa_fisica AS profissional_nome, r.nr_cpf AS profissional_cpf,
    r.nr_cartao_nac_sus AS profissional_cns, md.nr_crm AS profissional_crm, md.uf_crm AS profissional_uf,
    p.cd_pessoa_fisica, p.nm_pessoa_fisica, p.nm_social, p.dt_nascimento, p.dt_obito, p.ie_sexo, p.nr_cpf, p.nr_cartao_nac_sus,
    p.nr_seq_cor_pele, cp.ds_cor_pele, p.nr_ddd_celular, p.nr_telefone_celular
FROM tasy.atendimento_paciente a
LEFT JOIN tasy.pessoa_fisica p ON p.cd_pessoa_fisica = a.cd_pessoa_fisica
LEFT JOIN tasy.cor_pele cp ON cp.nr_sequencia = p.nr_seq_cor_pele
LEFT JOIN tasy.motivo_alta ma ON ma.cd_motivo_alta = a.cd_motivo_alta
LEFT JOIN tasy.pessoa_fisica r ON r.cd_pessoa_fisica = a.cd_medico_resp
LEFT JOIN tasy.medico md ON md.cd_pessoa_fisica = a.cd_medico_resp
WHERE a.nr_atendimento IN :chaves AND a.dt_cancelamento IS NULL

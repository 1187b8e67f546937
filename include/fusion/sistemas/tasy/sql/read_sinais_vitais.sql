-- Tasy: vital signs that are released and not inactivated. cd_pessoa_fisica is the professional, cd_paciente the patient; the attendance's
-- own patient comes along to be held against it.
SELECT s.nr_atendimento AS chave, s.nr_sequencia, s.cd_paciente AS sinal_paciente, a.cd_pessoa_fisica AS atendimento_paciente,
    s.dt_sinal_vital, s.qt_pa_sistolica, s.qt_pa_diastolica, s.qt_pam, s.qt_freq_cardiaca, s.qt_freq_resp, s.qt_temp, s.qt_saturacao_o2,
    s.qt_peso, s.ie_unid_med_peso, s.qt_altura_cm, s.ie_unid_med_altura, s.qt_glicemia_capilar, s.qt_escala_dor,
    pf.cd_pessoa_fisica AS profissional_codigo, pf.nm_pessoa_fisica AS profissional_nome, pf.nr_cpf AS profissional_cpf,
    pf.nr_cartao_nac_sus AS profissional_cns, md.nr_crm AS profissional_crm, md.uf_crm AS profissional_uf
FROM tasy.atendimento_sinal_vital s
JOIN tasy.atendimento_paciente a ON a.nr_atendimento = s.nr_atendimento
LEFT JOIN tasy.pessoa_fisica pf ON pf.cd_pessoa_fisica = s.cd_pessoa_fisica
LEFT JOIN tasy.medico md ON md.cd_pessoa_fisica = s.cd_pessoa_fisica
WHERE s.nr_atendimento IN :chaves AND s.dt_liberacao IS NOT NULL AND s.dt_inativacao IS NULL AND COALESCE(s.ie_situacao, 'A') = 'A'
ORDER BY s.nr_sequencia

-- Tasy: procedures requested by released prescriptions; a suspended prescription requests nothing. ds_proc_exame: replace this file
-- where the catalogue is called otherwise.
SELECT m.nr_atendimento AS chave, i.nr_prescricao, i.nr_sequencia, m.dt_prescricao, i.cd_procedimento, pi.ds_proc_exame, i.qt_procedimento,
    pf.cd_pessoa_fisica AS profissional_codigo, pf.nm_pessoa_fisica AS profissional_nome, pf.nr_cpf AS profissional_cpf,
    pf.nr_cartao_nac_sus AS profissional_cns, md.nr_crm AS profissional_crm, md.uf_crm AS profissional_uf
FROM tasy.prescr_medica m
JOIN tasy.prescr_procedimento i ON i.nr_prescricao = m.nr_prescricao
LEFT JOIN tasy.proc_interno pi ON pi.nr_sequencia = i.nr_seq_proc_interno
LEFT JOIN tasy.pessoa_fisica pf ON pf.cd_pessoa_fisica = m.cd_medico
LEFT JOIN tasy.medico md ON md.cd_pessoa_fisica = m.cd_medico
WHERE m.nr_atendimento IN :chaves AND m.dt_liberacao IS NOT NULL AND m.dt_suspensao IS NULL
ORDER BY i.nr_prescricao, i.nr_sequencia

-- Tasy: medicines of released prescriptions; a suspended one stays, as such.
SELECT m.nr_atendimento AS chave, i.nr_prescricao, i.nr_sequencia, m.dt_prescricao, m.dt_validade_prescr,
    m.dt_suspensao AS prescricao_suspensa, i.cd_material, mt.ds_material, mt.ds_reduzida, i.qt_dose, i.cd_unidade_medida_dose,
    i.cd_intervalo, i.ie_via_aplicacao, i.dt_inicio_medic, i.ie_suspenso, i.dt_suspensao,
    pf.cd_pessoa_fisica AS profissional_codigo, pf.nm_pessoa_fisica AS profissional_nome, pf.nr_cpf AS profissional_cpf,
    pf.nr_cartao_nac_sus AS profissional_cns, md.nr_crm AS profissional_crm, md.uf_crm AS profissional_uf
FROM tasy.prescr_medica m
JOIN tasy.prescr_material i ON i.nr_prescricao = m.nr_prescricao
LEFT JOIN tasy.material mt ON mt.cd_material = i.cd_material
LEFT JOIN tasy.pessoa_fisica pf ON pf.cd_pessoa_fisica = m.cd_medico
LEFT JOIN tasy.medico md ON md.cd_pessoa_fisica = m.cd_medico
WHERE m.nr_atendimento IN :chaves AND m.dt_liberacao IS NOT NULL
ORDER BY i.nr_prescricao, i.nr_sequencia

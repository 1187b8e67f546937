-- MV: bookings of a batch (the keys are cd_age_cir) with notice, patient and place. AGE_CIR has neither patient nor state, the notice has
-- both; before the patient has a record it only has a name, and before the admission no attendance.
SELECT g.cd_age_cir AS chave,
    g.dt_inicio_age_cir, g.dt_final_age_cir, g.vl_tempo_cirurgia, g.vl_tempo_limpeza,
    v.tp_situacao, v.cd_atendimento, v.sn_uti, v.dt_cancelamento, v.ds_obs_aviso,
    COALESCE(v.cd_paciente, a.cd_paciente) AS cd_paciente,
    COALESCE(p.nm_paciente, v.nm_paciente) AS nm_paciente,
    p.nm_social_paciente, p.sn_utiliza_nome_social, p.dt_nascimento, p.tp_sexo, p.nr_cpf, p.nr_cns, p.cd_cns,
    s.ds_sal_cir, c.ds_cen_cir
FROM dbamv.age_cir g
JOIN dbamv.aviso_cirurgia v ON v.cd_aviso_cirurgia = g.cd_aviso_cirurgia
LEFT JOIN dbamv.atendime a ON a.cd_atendimento = v.cd_atendimento
LEFT JOIN dbamv.paciente p ON p.cd_paciente = COALESCE(v.cd_paciente, a.cd_paciente)
LEFT JOIN dbamv.sal_cir s ON s.cd_sal_cir = g.cd_sal_cir
LEFT JOIN dbamv.cen_cir c ON c.cd_cen_cir = COALESCE(s.cd_cen_cir, v.cd_cen_cir)
WHERE g.cd_age_cir IN :chaves

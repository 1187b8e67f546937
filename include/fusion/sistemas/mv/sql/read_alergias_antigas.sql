-- MV, older record of allergies by substance, of the patient of each attendance. The newer one wins where both have a substance.
SELECT a.cd_atendimento AS chave, h.cd_substancia, b.ds_substancia, h.tp_alergia, h.tp_severidade, h.ds_alergia, h.ds_aviso, h.sn_ativo
FROM dbamv.atendime a
JOIN dbamv.hist_subs_pac h ON h.cd_paciente = a.cd_paciente
LEFT JOIN dbamv.substancia b ON b.cd_substancia = h.cd_substancia
WHERE a.cd_atendimento IN :chaves
ORDER BY a.cd_atendimento, h.cd_substancia

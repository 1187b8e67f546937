-- MV, newer PEP: allergies of the patient of each attendance; tp_alergia D is the statement that the patient denies any.
SELECT a.cd_atendimento AS chave, q.cd_problema, q.tp_alergia, q.tp_severidade, q.cd_substancia, b.ds_substancia, f.ds_alimento,
    q.ds_outros, q.ds_observacao, q.cd_usuario_inativacao, pb.sn_ativo
FROM dbamv.atendime a
JOIN dbamv.pw_problema pb ON pb.cd_paciente = a.cd_paciente
JOIN dbamv.pw_alergia_pac q ON q.cd_problema = pb.cd_problema
LEFT JOIN dbamv.substancia b ON b.cd_substancia = q.cd_substancia
LEFT JOIN dbamv.pw_alimento f ON f.cd_alimento = q.cd_alimento
WHERE a.cd_atendimento IN :chaves
ORDER BY a.cd_atendimento, q.cd_problema

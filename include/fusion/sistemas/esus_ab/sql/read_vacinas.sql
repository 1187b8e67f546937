-- e-SUS PEC: doses given in the attendance, or transcribed in it from a paper card (st_registro_anterior = 1).
SELECT f.co_atend AS chave, f.co_seq_atend_prof, r.co_seq_registro_vacinacao, r.co_imunobiologico, i.no_imunobiologico,
       r.co_dose_imunobiologico, r.co_estrategia_vacinacao, r.co_via_adm_vacina, l.no_local_apl_vacina, t.ds_lote, t.dt_validade,
       r.st_registro_anterior, r.dt_aplicacao, r.dt_aprazamento, r.ds_observacoes
FROM tb_atend_prof f
JOIN tb_vacinacao v ON v.co_atend_prof = f.co_seq_atend_prof
JOIN tb_registro_vacinacao r ON r.co_vacinacao = v.co_seq_vacinacao
LEFT JOIN tb_imunobiologico i ON i.co_imunobiologico = r.co_imunobiologico
LEFT JOIN tb_local_apl_vacina l ON l.co_local_apl_vacina = r.co_local_apl_vacina
LEFT JOIN tb_imunobiologico_lote t ON t.co_seq_imunobiologico_lote = r.co_imunobiologico_lote
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
ORDER BY r.co_seq_registro_vacinacao

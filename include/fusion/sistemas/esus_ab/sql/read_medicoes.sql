-- e-SUS PEC: vital signs, varchar as typed. st_medicao_anterior = 1 was carried over from an earlier visit and is left out.
SELECT f.co_atend AS chave, f.co_seq_atend_prof, m.co_seq_medicao, m.dt_medicao, m.nu_medicao_peso, m.nu_medicao_altura, m.nu_medicao_imc,
       m.nu_medicao_pressao_arterial, m.nu_medicao_frequencia_cardiaca, m.nu_medicao_frequnca_resprtria, m.nu_medicao_temperatura,
       m.nu_medicao_saturacao_o2, m.nu_medicao_glicemia, m.tp_glicemia, m.nu_medicao_perimetro_cefalico,
       m.nu_medicao_circunf_abdominal, m.nu_perimetro_panturrilha
FROM tb_atend_prof f
JOIN tb_medicao m ON m.co_atend_prof = f.co_seq_atend_prof
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
  AND m.st_medicao_anterior IS DISTINCT FROM 1
ORDER BY m.co_seq_medicao

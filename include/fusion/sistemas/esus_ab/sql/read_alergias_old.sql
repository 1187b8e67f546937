-- e-SUS PEC: allergies written down or reviewed in the attendance (older: substance as text); the last review of one in it counts.
SELECT f.co_atend AS chave, f.co_seq_atend_prof, a.co_unico_alergia,
       a.no_substancia_especifica AS substancia, z.no_manifestacoes, z.dt_instalacao, z.no_evolucao
FROM tb_atend_prof f
JOIN tb_alergia_evolucao z ON z.co_atend_prof = f.co_seq_atend_prof
JOIN tb_alergia a ON a.co_unico_alergia = z.co_unico_alergia
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
ORDER BY z.co_seq_alergia_evolucao

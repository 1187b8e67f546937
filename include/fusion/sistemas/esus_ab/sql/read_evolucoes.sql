-- e-SUS PEC: SOAP of each professional attendance: four tables with at most one row each; texts may hold HTML.
SELECT f.co_atend AS chave, f.co_seq_atend_prof, s.ds_subjetivo, o.ds_objetivo, v.ds_avaliacao, p.ds_plano
FROM tb_atend_prof f
LEFT JOIN tb_evolucao_subjetivo s ON s.co_atend_prof = f.co_seq_atend_prof
LEFT JOIN tb_evolucao_objetivo o ON o.co_atend_prof = f.co_seq_atend_prof
LEFT JOIN tb_evolucao_avaliacao v ON v.co_atend_prof = f.co_seq_atend_prof
LEFT JOIN tb_evolucao_plano p ON p.co_atend_prof = f.co_seq_atend_prof
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
ORDER BY f.co_seq_atend_prof

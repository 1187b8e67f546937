-- e-SUS PEC: results written down in the attendance, whichever attendance asked for the exam.
SELECT f.co_atend AS chave, f.co_seq_atend_prof, x.co_seq_exame_requisitado, g.co_proced, g.no_proced, x.dt_solicitacao, x.dt_realizacao,
       x.dt_resultado, x.ds_resultado
FROM tb_atend_prof f
JOIN tb_exame_requisitado x ON x.co_atend_prof_resultado = f.co_seq_atend_prof
LEFT JOIN tb_proced g ON g.co_seq_proced = x.co_proced
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
ORDER BY x.co_seq_exame_requisitado

-- e-SUS PEC: exams asked for in the attendance, with what their request says (older column name of the asking attendance).
SELECT f.co_atend AS chave, f.co_seq_atend_prof, x.co_seq_exame_requisitado, g.co_proced, g.no_proced, q.tp_exame,
       COALESCE(x.dt_solicitacao, q.dt_requisicao) AS dt_solicitacao, q.ds_justificativa_procedimento,
       COALESCE(x.ds_observacao, q.ds_observacao) AS ds_observacao, k.nu_cid10
FROM tb_atend_prof f
JOIN tb_exame_requisitado x ON x.co_atend_prof = f.co_seq_atend_prof
LEFT JOIN tb_requisicao_exame q ON q.co_seq_requisicao_exame = x.co_requisicao_exame
LEFT JOIN tb_cid10 k ON k.co_cid10 = q.co_cid10
LEFT JOIN tb_proced g ON g.co_seq_proced = x.co_proced
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
ORDER BY x.co_seq_exame_requisitado

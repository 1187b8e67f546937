-- e-SUS PEC: problems assessed in the attendance. tb_ciap's key is co_seq_ciap, co_ciap the human code; CID-10 comes without its dot.
-- The situation is the one written in this attendance, not the problem list's current one: an attendance does not change later.
SELECT f.co_atend AS chave, f.co_seq_atend_prof, d.co_seq_evolucao_aval_ciap_cid, d.ds_nota, i.co_ciap, i.ds_ciap, k.nu_cid10, k.no_cid10,
       (SELECT z.co_situacao_problema FROM tb_problema_evolucao z
        WHERE z.co_unico_problema = d.co_unico_problema AND z.co_atend_prof = d.co_atend_prof
        ORDER BY z.co_seq_problema_evolucao DESC OFFSET 0 ROWS FETCH NEXT 1 ROWS ONLY) AS co_situacao_problema
FROM tb_atend_prof f
JOIN rl_evolucao_avaliacao_ciap_cid d ON d.co_atend_prof = f.co_seq_atend_prof
LEFT JOIN tb_ciap i ON i.co_seq_ciap = d.co_ciap
LEFT JOIN tb_cid10 k ON k.co_cid10 = d.co_cid10
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
ORDER BY d.co_seq_evolucao_aval_ciap_cid

-- e-SUS PEC: procedures done; the relation has no key of its own, so equal ones of one professional attendance are counted.
SELECT f.co_atend AS chave, f.co_seq_atend_prof, r.co_proced AS co_seq_proced, g.co_proced, g.no_proced, COUNT(*) AS quantidade
FROM tb_atend_prof f
JOIN rl_atend_proced r ON r.co_atend_prof = f.co_seq_atend_prof
JOIN tb_proced g ON g.co_seq_proced = r.co_proced
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
GROUP BY f.co_atend, f.co_seq_atend_prof, r.co_proced, g.co_proced, g.no_proced
ORDER BY f.co_seq_atend_prof, r.co_proced

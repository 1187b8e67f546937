-- e-SUS PEC: who is responsible for a visit that no professional has taken up yet (newer column names).
SELECT a.co_seq_atend AS chave, r.co_seq_prof, r.no_civil_profissional AS no_profissional, r.nu_cpf, r.nu_cns, b.co_cbo_2002, b.no_cbo,
       k.sg_conselho_classe, r.nu_conselho_classe
FROM tb_atend a
JOIN tb_ator_papel g ON g.co_seq_ator_papel = a.co_responsavel
JOIN tb_prof r ON r.co_seq_prof = g.co_prof
LEFT JOIN tb_lotacao l ON l.co_ator_papel = a.co_responsavel
LEFT JOIN tb_cbo b ON b.co_cbo = l.co_cbo
LEFT JOIN tb_conselho_classe k ON k.co_conselho_classe = r.co_conselho_classe
WHERE a.co_seq_atend IN :chaves

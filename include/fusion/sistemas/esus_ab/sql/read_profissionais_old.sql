-- e-SUS PEC: professional attendances of the visit that are not cancelled, with who, as what (older column names).
-- tb_lotacao's key is co_ator_papel. The council registration is the snapshot of the attendance, else the professional's.
SELECT f.co_atend AS chave, f.co_seq_atend_prof, f.dt_inicio, f.dt_fim, t.no_tipo_atend_prof, r.co_seq_prof,
       r.no_profissional, r.nu_cpf, r.nu_cns, b.co_cbo_2002, b.no_cbo,
       COALESCE(cf.sg_conselho_classe, cr.sg_conselho_classe) AS sg_conselho_classe,
       COALESCE(f.nu_conselho_classe, r.nu_conselho_classe) AS nu_conselho_classe, uf.sg_uf AS uf_conselho
FROM tb_atend_prof f
LEFT JOIN tb_tipo_atend_prof t ON t.co_tipo_atend_prof = f.tp_atend_prof
LEFT JOIN tb_lotacao l ON l.co_ator_papel = f.co_lotacao
LEFT JOIN tb_prof r ON r.co_seq_prof = l.co_prof
LEFT JOIN tb_cbo b ON b.co_cbo = l.co_cbo
LEFT JOIN tb_conselho_classe cf ON cf.co_conselho_classe = f.co_conselho_classe
LEFT JOIN tb_conselho_classe cr ON cr.co_conselho_classe = r.co_conselho_classe
LEFT JOIN tb_uf uf ON uf.co_uf = f.co_uf_emissora_conselho_classe
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
ORDER BY f.co_seq_atend_prof

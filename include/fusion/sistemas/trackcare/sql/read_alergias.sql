-- TrakCare: allergies, which belong to the patient and not to an episode; those entered in error and the inactive ones included.
SELECT m.papmi_paper_dr AS chave, a.alg_rowid, a.alg_category_dr, a.alg_severity_dr, a.alg_desc, a.alg_freetextallergy, a.alg_comments,
    a.alg_reaction, a.alg_onsetdate, a.alg_date, a.alg_time, a.alg_status, a.alg_entrystatus, a.alg_inactivedate,
    t.alg_code AS tipo_codigo, t.alg_desc AS tipo_descricao
FROM sqluser.pa_patmas m
JOIN sqluser.pa_allergy a ON a.alg_papmi_parref = m.papmi_rowid1
LEFT JOIN sqluser.pac_allergy t ON t.alg_rowid = a.alg_type_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.alg_rowid

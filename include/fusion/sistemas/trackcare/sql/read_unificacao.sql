-- TrakCare: the person that this one was merged into, the last merge last.
SELECT m.papmi_paper_dr AS chave, g.mrg_rowid, f.paper_rowid AS unificado_com, f.paper_name, f.paper_name2, f.paper_name3
FROM sqluser.pa_patmas m
JOIN sqluser.pa_mergepatient g ON g.mrg_papmi_from_dr = m.papmi_rowid1
JOIN sqluser.pa_patmas d ON d.papmi_rowid1 = g.mrg_papmi_to_dr
JOIN sqluser.pa_person f ON f.paper_rowid = d.papmi_paper_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY m.papmi_paper_dr, g.mrg_rowid

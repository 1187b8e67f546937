-- TrakCare: diagnoses of every episode.
SELECT m.papmi_paper_dr AS chave, a.paadm_rowid, d.mrdia_rowid, d.mrdia_childsub, d.mrdia_desc, d.mrdia_principle, d.mrdia_diagnosistype_dr,
    d.mrdia_diagstat_dr, d.mrdia_date, d.mrdia_time, d.mrdia_entrystatus, i.mrcid_code, i.mrcid_desc, c.ctpcp_code, c.ctpcp_desc
FROM sqluser.pa_patmas m
JOIN sqluser.pa_adm a ON a.paadm_papmi_dr = m.papmi_rowid1
JOIN sqluser.mr_adm r ON r.mradm_adm_dr = a.paadm_rowid
JOIN sqluser.mr_diagnos d ON d.mrdia_mradm_parref = r.mradm_rowid
LEFT JOIN sqluser.mrc_icddx i ON i.mrcid_rowid = d.mrdia_icdcode_dr
LEFT JOIN sqluser.ct_careprov c ON c.ctpcp_rowid1 = d.mrdia_doccode_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.paadm_rowid, d.mrdia_childsub

-- TrakCare: clinical notes of all kinds, those entered in error included. The text comes last: on some versions it is a stream.
-- Where a site keeps it in another column (NOT_RTFNotes, a document), its own file of this name replaces this one.
SELECT m.papmi_paper_dr AS chave, a.paadm_rowid, n.not_rowid, n.not_childsub, n.not_clinnotestype_dr, n.not_date, n.not_time, n.not_createdate,
    n.not_status_dr, n.not_errorreason_dr, c.ctpcp_code, c.ctpcp_desc, n.not_notes
FROM sqluser.pa_patmas m
JOIN sqluser.pa_adm a ON a.paadm_papmi_dr = m.papmi_rowid1
JOIN sqluser.mr_adm r ON r.mradm_adm_dr = a.paadm_rowid
JOIN sqluser.mr_nursingnotes n ON n.not_parref = r.mradm_rowid
LEFT JOIN sqluser.ct_careprov c ON c.ctpcp_rowid1 = n.not_nurseid_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.paadm_rowid, n.not_childsub

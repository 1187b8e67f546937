-- TrakCare: procedures performed in every episode.
SELECT m.papmi_paper_dr AS chave, a.paadm_rowid, p.proc_rowid, p.proc_childsub, p.proc_procdate, p.proc_timestart, o.oper_code, o.oper_desc,
    c.ctpcp_code, c.ctpcp_desc
FROM sqluser.pa_patmas m
JOIN sqluser.pa_adm a ON a.paadm_papmi_dr = m.papmi_rowid1
JOIN sqluser.mr_adm r ON r.mradm_adm_dr = a.paadm_rowid
JOIN sqluser.mr_procedures p ON p.proc_parref = r.mradm_rowid
LEFT JOIN sqluser.orc_operation o ON o.oper_rowid = p.proc_operation_dr
LEFT JOIN sqluser.ct_careprov c ON c.ctpcp_rowid1 = p.proc_ctcp_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.paadm_rowid, p.proc_childsub

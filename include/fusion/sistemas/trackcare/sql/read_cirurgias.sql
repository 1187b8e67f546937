-- TrakCare: surgery bookings of every episode.
SELECT m.papmi_paper_dr AS chave, a.paadm_rowid, b.rbop_rowid, b.rbop_dateoper, b.rbop_timeoper, b.rbop_status, b.rbop_procedure,
    b.rbop_resource_dr, o.oper_code, o.oper_desc, c.ctpcp_code, c.ctpcp_desc
FROM sqluser.pa_patmas m
JOIN sqluser.pa_adm a ON a.paadm_papmi_dr = m.papmi_rowid1
JOIN sqluser.rb_operatingroom b ON b.rbop_paadm_dr = a.paadm_rowid
LEFT JOIN sqluser.orc_operation o ON o.oper_rowid = b.rbop_operation_dr
LEFT JOIN sqluser.ct_careprov c ON c.ctpcp_rowid1 = b.rbop_surgeon_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.paadm_rowid, b.rbop_rowid

-- TrakCare: ordered items of every episode; the De/Para of the item's category says which are medicines.
SELECT m.papmi_paper_dr AS chave, a.paadm_rowid, o.oeord_rowid, i.oeori_rowid, i.oeori_childsub, i.oeori_doseqty, i.oeori_phfreq_dr,
    i.oeori_route_dr, i.oeori_phqtyord, i.oeori_date, i.oeori_timeord, i.oeori_sttdat, i.oeori_stttim, i.oeori_enddate,
    t.arcim_code, t.arcim_desc, g.arcic_code, u.ctuom_code, u.ctuom_desc, s.ostat_code, c.ctpcp_code, c.ctpcp_desc
FROM sqluser.pa_patmas m
JOIN sqluser.pa_adm a ON a.paadm_papmi_dr = m.papmi_rowid1
JOIN sqluser.oe_order o ON o.oeord_adm_dr = a.paadm_rowid
JOIN sqluser.oe_orditem i ON i.oeori_oeord_parref = o.oeord_rowid
LEFT JOIN sqluser.arc_itmmast t ON t.arcim_rowid = i.oeori_itmmast_dr
LEFT JOIN sqluser.arc_itemcat g ON g.arcic_rowid = t.arcim_itemcat_dr
LEFT JOIN sqluser.ct_uom u ON u.ctuom_rowid = i.oeori_unit_dr
LEFT JOIN sqluser.oec_orderstatus s ON s.ostat_rowid = i.oeori_itemstat_dr
LEFT JOIN sqluser.ct_careprov c ON c.ctpcp_rowid1 = i.oeori_doctor_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.paadm_rowid, o.oeord_rowid, i.oeori_childsub

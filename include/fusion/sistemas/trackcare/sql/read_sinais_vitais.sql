-- TrakCare: observations of every episode, those entered in error included: what was sent of them has to be taken back.
SELECT m.papmi_paper_dr AS chave, a.paadm_rowid, r.mradm_rowid, o.obs_rowid, o.obs_childsub, o.obs_value, o.obs_date, o.obs_time,
    o.obs_errorreason_dr, i.itm_code, i.itm_desc, u.ctuom_code
FROM sqluser.pa_patmas m
JOIN sqluser.pa_adm a ON a.paadm_papmi_dr = m.papmi_rowid1
JOIN sqluser.mr_adm r ON r.mradm_adm_dr = a.paadm_rowid
JOIN sqluser.mr_observations o ON o.obs_parref = r.mradm_rowid
LEFT JOIN sqluser.mrc_observationitem i ON i.itm_rowid = o.obs_item_dr
LEFT JOIN sqluser.ct_uom u ON u.ctuom_rowid = i.itm_ctuom_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.paadm_rowid, o.obs_childsub

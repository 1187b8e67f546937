-- TrakCare: stays of each episode, the first one included.
SELECT m.papmi_paper_dr AS chave, a.paadm_rowid, t.trans_rowid, t.trans_childsub, t.trans_startdate, t.trans_starttime, w.ward_code, b.bed_code
FROM sqluser.pa_patmas m
JOIN sqluser.pa_adm a ON a.paadm_papmi_dr = m.papmi_rowid1
JOIN sqluser.pa_admtransaction t ON t.trans_parref = a.paadm_rowid
LEFT JOIN sqluser.pac_ward w ON w.ward_rowid = t.trans_ward_dr
LEFT JOIN sqluser.pac_bed b ON b.bed_rowid = t.trans_bed_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.paadm_rowid, t.trans_childsub

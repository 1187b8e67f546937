-- TrakCare: episodes of a person, with where the patient lies now.
SELECT m.papmi_paper_dr AS chave, a.paadm_rowid, a.paadm_admno, a.paadm_type, a.paadm_visitstatus, a.paadm_admdate, a.paadm_admtime,
    a.paadm_dischgdate, a.paadm_dischgtime, d.ctpcp_code, d.ctpcp_desc, l.ctloc_code, l.ctloc_desc, h.hosp_code, w.ward_code, r.room_code,
    b.bed_code
FROM sqluser.pa_patmas m
JOIN sqluser.pa_adm a ON a.paadm_papmi_dr = m.papmi_rowid1
LEFT JOIN sqluser.ct_careprov d ON d.ctpcp_rowid1 = a.paadm_admdoccodedr
LEFT JOIN sqluser.ct_loc l ON l.ctloc_rowid = a.paadm_depcode_dr
LEFT JOIN sqluser.ct_hospital h ON h.hosp_rowid = a.paadm_hospital_dr
LEFT JOIN sqluser.pac_ward w ON w.ward_rowid = a.paadm_currentward_dr
LEFT JOIN sqluser.pac_room r ON r.room_rowid = a.paadm_currentroom_dr
LEFT JOIN sqluser.pac_bed b ON b.bed_rowid = a.paadm_currentbed_dr
WHERE m.papmi_paper_dr IN :chaves
ORDER BY a.paadm_rowid

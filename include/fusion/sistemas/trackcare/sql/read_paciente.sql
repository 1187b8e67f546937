-- TrakCare: one person with the registration that goes with it.
SELECT p.paper_rowid AS chave, p.paper_name, p.paper_name2, p.paper_name3, p.paper_dob, p.paper_id, p.paper_passportnumber,
    p.paper_governcardno, p.paper_mothername, p.paper_mobphone, p.paper_telh, p.paper_email, p.paper_stname, p.paper_deceased,
    p.paper_deceased_date, p.paper_updatedate, p.paper_updatetime, m.papmi_no, m.papmi_id, m.papmi_medicare, m.papmi_active,
    x.ctsex_code, x.ctsex_hl7code, z.ctzip_code, c.ctcit_code, c.ctcit_desc
FROM sqluser.pa_person p
JOIN sqluser.pa_patmas m ON m.papmi_paper_dr = p.paper_rowid
LEFT JOIN sqluser.ct_sex x ON x.ctsex_rowid = p.paper_sex_dr
LEFT JOIN sqluser.ct_zip z ON z.ctzip_rowid = p.paper_zip_dr
LEFT JOIN sqluser.ct_city c ON c.ctcit_rowid = p.paper_citycode_dr
WHERE p.paper_rowid IN :chaves

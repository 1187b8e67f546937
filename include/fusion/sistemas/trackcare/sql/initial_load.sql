-- TrakCare: the persons of one page (after the bind depois, up to the bind ate) into PacienteSES, in the database itself. A row that is
-- there already stays: its upkeep knows more. A person with two registrations enters once, by the first: the key would stop the load for ever.
INSERT INTO sqluser.pacienteses (pacienteid, prontuario, nome, nome2, nome3, nomemae, datanascimento, sexo, documento, cartao, celular, email,
    obito, dataobito, unificadocom, alteradoclinicoem, atualizadoem)
SELECT p.paper_rowid, m.papmi_no, p.paper_name, p.paper_name2, p.paper_name3, p.paper_mothername, p.paper_dob, x.ctsex_code, p.paper_id,
    p.paper_governcardno, p.paper_mobphone, p.paper_email, p.paper_deceased, p.paper_deceased_date,
    (SELECT MAX(d.papmi_paper_dr) FROM sqluser.pa_mergepatient g JOIN sqluser.pa_patmas d ON d.papmi_rowid1 = g.mrg_papmi_to_dr
        WHERE g.mrg_papmi_from_dr = m.papmi_rowid1),
    NULL, :agora
FROM sqluser.pa_person p
JOIN sqluser.pa_patmas m ON m.papmi_paper_dr = p.paper_rowid
LEFT JOIN sqluser.ct_sex x ON x.ctsex_rowid = p.paper_sex_dr
WHERE p.paper_rowid > :depois AND p.paper_rowid <= :ate
    AND NOT EXISTS (SELECT 1 FROM sqluser.pacienteses s WHERE s.pacienteid = p.paper_rowid)
    AND NOT EXISTS (SELECT 1 FROM sqluser.pa_patmas o WHERE o.papmi_paper_dr = p.paper_rowid AND o.papmi_rowid1 < m.papmi_rowid1)

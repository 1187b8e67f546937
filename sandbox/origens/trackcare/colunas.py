"""Columns that generator and simulator write, by table."""

from __future__ import annotations

COLUMNS = {
    "pa_person": "paper_rowid, paper_papmi_dr, paper_name, paper_name2, paper_name3, paper_dob, paper_sex_dr, paper_id, paper_governcardno,"
    " paper_mothername, paper_fathername, paper_mobphone, paper_telh, paper_email, paper_stname, paper_zip_dr, paper_citycode_dr, paper_deceased,"
    " paper_deceased_date, paper_dateadded, paper_updatedate, paper_updatetime",
    "pa_patmas": "papmi_rowid1, papmi_rowid, papmi_no, papmi_id, papmi_name, papmi_name2, papmi_dob, papmi_sex_dr, papmi_paper_dr, papmi_medicare,"
    " papmi_active, papmi_deceased",
    "pa_mergepatient": "mrg_rowid, mrg_papmi_from_dr, mrg_papmi_to_dr, mrg_date, mrg_time, mrg_user_dr",
    "pa_adm": "paadm_rowid, paadm_admno, paadm_papmi_dr, paadm_type, paadm_visitstatus, paadm_admdate, paadm_admtime, paadm_dischgdate, paadm_dischgtime,"
    " paadm_meddischdate, paadm_admdoccodedr, paadm_depcode_dr, paadm_currentward_dr, paadm_currentroom_dr, paadm_currentbed_dr, paadm_hospital_dr,"
    " paadm_mainmradm_dr, paadm_updatedate, paadm_updatetime",
    "pa_admtransaction": "trans_parref, trans_childsub, trans_rowid, trans_ward_dr, trans_bed_dr, trans_startdate, trans_starttime, trans_enddate,"
    " trans_endtime, trans_updatedate",
    "pa_allergy": "alg_papmi_parref, alg_childsub, alg_rowid, alg_type_dr, alg_category_dr, alg_severity_dr, alg_desc, alg_freetextallergy, alg_reaction,"
    " alg_onsetdate, alg_date, alg_time, alg_status, alg_entrystatus, alg_inactivedate, alg_lastupdatedate, alg_lastupdatetime",
    "mr_adm": "mradm_rowid, mradm_adm_dr, mradm_presentcomplaint",
    "mr_diagnos": "mrdia_mradm_parref, mrdia_childsub, mrdia_rowid, mrdia_icdcode_dr, mrdia_desc, mrdia_principle, mrdia_diagnosistype_dr, mrdia_date,"
    " mrdia_time, mrdia_entrystatus, mrdia_doccode_dr, mrdia_updatedate, mrdia_updatetime",
    "mr_observations": "obs_parref, obs_childsub, obs_rowid, obs_item_dr, obs_value, obs_date, obs_time, obs_user_dr, obs_errorreason_dr, obs_updatedate,"
    " obs_updatetime",
    "mr_nursingnotes": "not_parref, not_childsub, not_rowid, not_clinnotestype_dr, not_notes, not_date, not_time, not_nurseid_dr, not_createdate,"
    " not_errorreason_dr",
    "mr_procedures": "proc_parref, proc_childsub, proc_rowid, proc_operation_dr, proc_procdate, proc_timestart, proc_ctcp_dr",
    "oe_order": "oeord_rowid, oeord_adm_dr, oeord_date, oeord_time, oeord_doctor_dr",
    "oe_orditem": "oeori_oeord_parref, oeori_childsub, oeori_rowid, oeori_itmmast_dr, oeori_doseqty, oeori_unit_dr, oeori_phfreq_dr, oeori_route_dr,"
    " oeori_phqtyord, oeori_date, oeori_timeord, oeori_sttdat, oeori_stttim, oeori_enddate, oeori_itemstat_dr, oeori_doctor_dr, oeori_updatedate,"
    " oeori_updatetime",
    "rb_operatingroom": "rbop_rowid, rbop_paadm_dr, rbop_operation_dr, rbop_dateoper, rbop_timeoper, rbop_status, rbop_surgeon_dr, rbop_procedure,"
    " rbop_resource_dr, rbop_updatedate, rbop_updatetime",
}  # fmt: skip

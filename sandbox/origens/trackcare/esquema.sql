-- TrakCare's SQLUser schema, the columns that the hub reads. DATA and HORA stand for date and time, or for $HOROLOG integers.
create schema sqluser;
create table sqluser.ct_sex (ctsex_rowid bigint primary key, ctsex_code varchar, ctsex_desc varchar, ctsex_hl7code varchar);
create table sqluser.ct_zip (ctzip_rowid bigint primary key, ctzip_code varchar, ctzip_desc varchar);
create table sqluser.ct_city (ctcit_rowid bigint primary key, ctcit_code varchar, ctcit_desc varchar);
create table sqluser.ct_careprov (ctpcp_rowid1 varchar primary key, ctpcp_code varchar, ctpcp_desc varchar);
create table sqluser.ct_loc (ctloc_rowid bigint primary key, ctloc_code varchar, ctloc_desc varchar);
create table sqluser.ct_hospital (hosp_rowid bigint primary key, hosp_code varchar, hosp_desc varchar);
create table sqluser.pac_ward (ward_rowid bigint primary key, ward_code varchar, ward_desc varchar);
create table sqluser.pac_room (room_rowid bigint primary key, room_code varchar, room_desc varchar);
create table sqluser.pac_bed (bed_ward_parref bigint, bed_childsub double precision, bed_rowid varchar primary key, bed_code varchar not null);
create table sqluser.pac_allergy (alg_rowid bigint primary key, alg_code varchar, alg_desc varchar);
create table sqluser.mrc_icddx (mrcid_rowid bigint primary key, mrcid_code varchar, mrcid_desc varchar);
create table sqluser.ct_uom (ctuom_rowid bigint primary key, ctuom_code varchar, ctuom_desc varchar);
create table sqluser.mrc_observationitem (itm_rowid bigint primary key, itm_code varchar, itm_desc varchar, itm_ctuom_dr bigint);
create table sqluser.arc_itemcat (arcic_rowid bigint primary key, arcic_code varchar, arcic_desc varchar);
create table sqluser.arc_itmmast (arcim_rowid varchar primary key, arcim_code varchar, arcim_desc varchar, arcim_itemcat_dr bigint);
create table sqluser.oec_orderstatus (ostat_rowid bigint primary key, ostat_code varchar, ostat_desc varchar);
create table sqluser.orc_operation (oper_rowid bigint primary key, oper_code varchar, oper_desc varchar);

create table sqluser.pa_person (
    paper_rowid bigint primary key, paper_papmi_dr bigint, paper_name varchar not null, paper_name2 varchar, paper_name3 varchar, paper_dob DATA,
    paper_sex_dr bigint not null, paper_id varchar, paper_passportnumber varchar, paper_governcardno varchar, paper_mothername varchar,
    paper_fathername varchar, paper_mobphone varchar, paper_telh varchar, paper_email varchar, paper_stname varchar, paper_zip_dr bigint,
    paper_citycode_dr bigint, paper_deceased varchar, paper_deceased_date DATA, paper_dateadded DATA, paper_updatedate DATA, paper_updatetime HORA
);
create table sqluser.pa_patmas (
    papmi_rowid1 bigint primary key, papmi_rowid bigint, papmi_no varchar, papmi_id varchar, papmi_name varchar not null, papmi_name2 varchar,
    papmi_dob DATA, papmi_sex_dr bigint not null, papmi_paper_dr bigint, papmi_medicare varchar, papmi_active varchar, papmi_deceased varchar,
    papmi_vipflag varchar
);
create table sqluser.pa_mergepatient (
    mrg_rowid bigint primary key, mrg_papmi_from_dr bigint, mrg_papmi_to_dr bigint, mrg_date DATA, mrg_time HORA, mrg_user_dr bigint
);
create table sqluser.pa_adm (
    paadm_rowid bigint primary key, paadm_admno varchar, paadm_papmi_dr bigint not null, paadm_type varchar not null, paadm_visitstatus varchar,
    paadm_admdate DATA, paadm_admtime HORA, paadm_dischgdate DATA, paadm_dischgtime HORA, paadm_meddischdate DATA, paadm_estimdischargedate DATA,
    paadm_admdoccodedr varchar, paadm_depcode_dr bigint not null, paadm_currentward_dr bigint, paadm_currentroom_dr bigint,
    paadm_currentbed_dr varchar, paadm_hospital_dr bigint, paadm_mainmradm_dr bigint, paadm_updatedate DATA, paadm_updatetime HORA
);
create table sqluser.pa_admtransaction (
    trans_parref bigint, trans_childsub double precision, trans_rowid varchar primary key, trans_ward_dr bigint, trans_bed_dr varchar,
    trans_startdate DATA, trans_starttime HORA, trans_enddate DATA, trans_endtime HORA, trans_updatedate DATA
);
create table sqluser.pa_allergy (
    alg_papmi_parref bigint, alg_childsub double precision, alg_rowid varchar primary key, alg_type_dr bigint, alg_mrcalltype_dr bigint,
    alg_category_dr bigint, alg_severity_dr bigint, alg_desc varchar, alg_freetextallergy varchar, alg_comments varchar, alg_reaction varchar,
    alg_phcdm_dr varchar, alg_ingred_dr bigint, alg_onsetdate DATA, alg_date DATA, alg_time HORA, alg_status varchar, alg_entrystatus varchar,
    alg_inactivedate DATA, alg_lastupdatedate DATA, alg_lastupdatetime HORA
);
create table sqluser.mr_adm (mradm_rowid bigint primary key, mradm_adm_dr bigint, mradm_presentcomplaint varchar);
create table sqluser.mr_diagnos (
    mrdia_mradm_parref bigint, mrdia_childsub double precision, mrdia_rowid varchar primary key, mrdia_icdcode_dr bigint, mrdia_desc varchar,
    mrdia_principle varchar, mrdia_diagnosistype_dr bigint, mrdia_diagstat_dr bigint, mrdia_date DATA, mrdia_time HORA, mrdia_onsetdate DATA,
    mrdia_enddate DATA, mrdia_entrystatus varchar, mrdia_doccode_dr varchar, mrdia_updatedate DATA, mrdia_updatetime HORA
);
create table sqluser.mr_observations (
    obs_parref bigint, obs_childsub double precision, obs_rowid varchar primary key, obs_item_dr bigint, obs_value varchar, obs_date DATA,
    obs_time HORA, obs_user_dr bigint, obs_verified varchar, obs_errorreason_dr bigint, obs_updatedate DATA, obs_updatetime HORA
);
create table sqluser.mr_nursingnotes (
    not_parref bigint, not_childsub double precision, not_rowid varchar primary key, not_clinnotestype_dr bigint, not_notes varchar, not_date DATA,
    not_time HORA, not_status_dr bigint, not_user_dr bigint, not_nurseid_dr varchar, not_createdate DATA, not_errorreason_dr bigint
);
create table sqluser.mr_procedures (
    proc_parref bigint, proc_childsub double precision, proc_rowid varchar primary key, proc_operation_dr bigint, proc_procdate DATA,
    proc_timestart HORA, proc_ctcp_dr varchar
);
create table sqluser.oe_order (oeord_rowid numeric primary key, oeord_adm_dr bigint, oeord_date DATA not null, oeord_time HORA not null, oeord_doctor_dr varchar);
create table sqluser.oe_orditem (
    oeori_oeord_parref numeric, oeori_childsub double precision, oeori_rowid varchar primary key, oeori_itmmast_dr varchar not null, oeori_doseqty varchar,
    oeori_unit_dr bigint, oeori_phfreq_dr bigint, oeori_durat_dr bigint, oeori_route_dr bigint, oeori_phqtyord double precision, oeori_date DATA,
    oeori_timeord HORA, oeori_sttdat DATA, oeori_stttim HORA, oeori_enddate DATA, oeori_itemstat_dr bigint, oeori_doctor_dr varchar,
    oeori_updatedate DATA, oeori_updatetime HORA
);
create table sqluser.rb_operatingroom (
    rbop_rowid bigint primary key, rbop_paadm_dr bigint, rbop_operation_dr bigint, rbop_dateoper DATA, rbop_timeoper HORA, rbop_status varchar,
    rbop_surgeon_dr varchar, rbop_procedure varchar, rbop_preopdiagn_dr bigint, rbop_resource_dr bigint, rbop_updatedate DATA, rbop_updatetime HORA
);
create table sqluser.pacienteses (
    pacienteid bigint primary key, prontuario varchar(30), nome varchar(250), nome2 varchar(250), nome3 varchar(250), nomemae varchar(250),
    datanascimento DATA, sexo varchar(10), documento varchar(30), cartao varchar(30), celular varchar(60), email varchar(250), obito varchar(1),
    dataobito DATA, unificadocom bigint, alteradoclinicoem timestamp(3), atualizadoem timestamp(3) not null
);

-- The part of MV's schema that the hub reads, real names. Oracle types as PostgreSQL's: NUMBER codes bigint, NUMBER(p,s)
-- numeric, VARCHAR2 varchar, DATE timestamp(0) (Oracle's DATE has seconds and no zone), LONG and CLOB text. HR_ columns are DATEs of which
-- only the time counts. Where the facts leave a size or a NOT NULL open, the wider choice stands here.
create schema dbamv;
create table dbamv.cidade (cd_cidade bigint primary key, nm_cidade varchar(100) not null, cd_uf varchar(2), cd_ibge varchar(7));
create table dbamv.paciente (
    cd_paciente bigint primary key, nm_paciente varchar(400) not null, nm_social_paciente varchar(400), sn_utiliza_nome_social varchar(1),
    dt_nascimento timestamp(0), tp_sexo varchar(1) not null, nm_mae varchar(400), nm_pai varchar(400), nr_cpf varchar(20), nr_cns varchar(20),
    cd_cns varchar(20), nr_identidade varchar(20), tp_cor varchar(1), tp_estado_civil varchar(1), tp_sanguineo varchar(3),
    ds_endereco varchar(200), nr_endereco bigint, ds_complemento varchar(100), nm_bairro varchar(100), nr_cep varchar(9),
    cd_cidade bigint references dbamv.cidade, nr_ddd_fone varchar(4), nr_fone varchar(20), nr_ddd_celular varchar(4), nr_celular varchar(20),
    email varchar(200), sn_ativo varchar(1), sn_vip varchar(1) not null default 'N', dt_inativo timestamp(0), dt_cadastro timestamp(0) not null,
    hr_cadastro timestamp(0), dt_ultima_atualizacao timestamp(0), nm_usuario_ultima_atualizacao varchar(30), cd_multi_empresa bigint not null default 1);
create table dbamv.prestador (
    cd_prestador bigint primary key, nm_prestador varchar(200) not null, ds_codigo_conselho varchar(20), cd_conselho bigint, nr_cpf_cgc varchar(14),
    nr_cns varchar(20), cd_cbos varchar(10), tp_situacao varchar(1), cd_multi_empresa bigint);
create table dbamv.cid (cd_cid varchar(6) primary key, ds_cid varchar(400));
create table dbamv.convenio (cd_convenio bigint primary key, nm_convenio varchar(100));
create table dbamv.especialid (cd_especialid bigint primary key, ds_especialid varchar(100));
create table dbamv.ori_ate (cd_ori_ate bigint primary key, ds_ori_ate varchar(100), cd_setor bigint);
create table dbamv.mot_alt (cd_mot_alt bigint primary key, ds_mot_alt varchar(100), tp_mot_alta varchar(1));
create table dbamv.unid_int (
    cd_unid_int bigint primary key, ds_unid_int varchar(100) not null, cd_setor bigint not null, tp_unid_int varchar(1) not null,
    sn_semi_uti varchar(1), sn_hospital_dia varchar(1) not null default 'N', sn_ativo varchar(1) not null default 'S', ds_localizacao varchar(100));
create table dbamv.leito (
    cd_leito bigint primary key, ds_leito varchar(100), ds_resumo varchar(20), ds_enfermaria varchar(100), cd_unid_int bigint references dbamv.unid_int,
    cd_tip_acom bigint, tp_ocupacao varchar(1), tp_situacao varchar(1), sn_extra varchar(1), dt_desativacao timestamp(0));
create table dbamv.atendime (
    cd_atendimento bigint primary key, cd_paciente bigint not null references dbamv.paciente, dt_atendimento timestamp(0) not null,
    hr_atendimento timestamp(0), tp_atendimento varchar(1) not null, dt_alta timestamp(0), hr_alta timestamp(0), dt_alta_medica timestamp(0),
    hr_alta_medica timestamp(0), dh_alta_lancada timestamp(0), dt_prevista_alta timestamp(0), cd_mot_alt bigint references dbamv.mot_alt,
    cd_tip_res bigint, sn_obito varchar(1), cd_leito bigint references dbamv.leito, cd_convenio bigint references dbamv.convenio, cd_con_pla bigint,
    nr_carteira varchar(40), cd_prestador bigint references dbamv.prestador, cd_especialid bigint references dbamv.especialid, cd_ser_dis bigint,
    cd_ori_ate bigint references dbamv.ori_ate, cd_cid varchar(6) references dbamv.cid, cd_atendimento_pai bigint references dbamv.atendime,
    cd_multi_empresa bigint not null default 1, sn_internado varchar(1), tp_carater_internacao varchar(1), nm_usuario varchar(30));
create table dbamv.mov_int (
    cd_mov_int bigint primary key, cd_atendimento bigint references dbamv.atendime, cd_leito bigint references dbamv.leito,
    cd_leito_anterior bigint references dbamv.leito, dt_mov_int timestamp(0) not null, hr_mov_int timestamp(0) not null, dt_lib_mov timestamp(0),
    hr_lib_mov timestamp(0), tp_mov varchar(1) not null, cd_tip_acom bigint, cd_prestador bigint references dbamv.prestador,
    cd_convenio bigint references dbamv.convenio, ds_motivo varchar(200), sn_reserva varchar(1), cd_motivo_transf_leito bigint, nm_usuario varchar(30));

create table dbamv.diagnostico_atendime (
    cd_diagnostico_atendime bigint primary key, cd_atendimento bigint not null references dbamv.atendime, cd_cid varchar(6) references dbamv.cid,
    tp_situacao varchar(20), qt_tempo_doenca numeric, tp_unidade_tempo_doenca varchar(1), ds_observacao varchar(2000));
create table dbamv.substancia (cd_substancia bigint primary key, ds_substancia varchar(200));
create table dbamv.hist_subs_pac (
    cd_paciente bigint not null references dbamv.paciente, cd_substancia bigint not null references dbamv.substancia, tp_alergia varchar(1),
    tp_severidade varchar(1), ds_alergia varchar(2000), ds_aviso varchar(2000), sn_ativo varchar(1), primary key (cd_paciente, cd_substancia));
create table dbamv.pw_alimento (cd_alimento bigint primary key, ds_alimento varchar(200));
create table dbamv.pw_problema (cd_problema bigint primary key, cd_paciente bigint not null references dbamv.paciente, sn_ativo varchar(1));
create table dbamv.pw_alergia_pac (
    cd_problema bigint primary key references dbamv.pw_problema, tp_alergia varchar(1), tp_severidade varchar(1),
    cd_substancia bigint references dbamv.substancia, cd_alimento bigint references dbamv.pw_alimento, ds_outros varchar(2000),
    ds_observacao varchar(2000), cd_usuario_inativacao varchar(30));

create table dbamv.pw_documento_clinico (
    cd_documento_clinico bigint primary key, cd_tipo_documento bigint, cd_paciente bigint references dbamv.paciente,
    cd_atendimento bigint references dbamv.atendime, cd_usuario varchar(30), cd_prestador bigint references dbamv.prestador, tp_status varchar(9),
    dh_referencia timestamp(0), dh_criacao timestamp(0), dh_fechamento timestamp(0), dh_impresso timestamp(0), cd_objeto bigint,
    nm_documento varchar(200), sn_confidencial varchar(1));
-- Our assumption, replaceable per site (`pasta_sql`): MV keeps the text of a clinical document in the registries of its editor, whose
-- tables differ between sites; a view of this name and these columns stands for them.
create table dbamv.pw_editor_registro (
    cd_editor_registro bigint primary key, cd_documento_clinico bigint not null references dbamv.pw_documento_clinico, ds_texto text);
create table dbamv.pw_editor_clinico (
    cd_documento_clinico bigint not null references dbamv.pw_documento_clinico, cd_documento bigint,
    cd_editor_registro bigint not null references dbamv.pw_editor_registro, primary key (cd_documento_clinico, cd_editor_registro));

create table dbamv.tip_esq (cd_tip_esq varchar(3) primary key, ds_tip_esq varchar(100), sn_exa_rx varchar(1), sn_exa_lab varchar(1));
create table dbamv.tip_presc (cd_tip_presc bigint primary key, ds_tip_presc varchar(400), cd_tip_esq varchar(3) references dbamv.tip_esq);
create table dbamv.tip_fre (cd_tip_fre bigint primary key, ds_tip_fre varchar(100));
create table dbamv.for_apl (cd_for_apl varchar(4) primary key, ds_for_apl varchar(100));
create table dbamv.produto (cd_produto bigint primary key, ds_produto varchar(400));
create table dbamv.uni_pro (cd_uni_pro bigint primary key, cd_produto bigint references dbamv.produto, ds_unidade varchar(60));
create table dbamv.pre_med (
    cd_pre_med bigint primary key, cd_atendimento bigint not null references dbamv.atendime, cd_prestador bigint not null references dbamv.prestador,
    cd_unid_int bigint references dbamv.unid_int, cd_setor bigint, dt_pre_med timestamp(0) not null, hr_pre_med timestamp(0) not null,
    dt_referencia timestamp(0) not null, dt_validade timestamp(0) not null, dh_criacao timestamp(0), dh_impressao timestamp(0), ds_evolucao text,
    sn_fechado varchar(1), tp_pre_med varchar(1) not null, fl_impresso varchar(1) not null default 'N', cd_objeto bigint,
    cd_documento_clinico bigint references dbamv.pw_documento_clinico, cd_coleta_sinal_vital bigint, nm_usuario varchar(30));
create table dbamv.itpre_med (
    cd_itpre_med bigint primary key, cd_pre_med bigint not null references dbamv.pre_med, cd_tip_esq varchar(3) references dbamv.tip_esq,
    cd_tip_presc bigint references dbamv.tip_presc, cd_tip_fre bigint references dbamv.tip_fre, cd_for_apl varchar(4) references dbamv.for_apl,
    cd_produto bigint references dbamv.produto, cd_uni_pro bigint references dbamv.uni_pro, cd_uni_presc bigint references dbamv.uni_pro,
    qt_itpre_med numeric(10, 4), ds_itpre_med varchar(2000), sn_cancelado varchar(1) default 'N', dh_inicial timestamp(0), dh_final timestamp(0),
    dh_cancelado timestamp(0), dh_registro timestamp(0), sn_urgente varchar(1), sn_continuo varchar(1), cd_cid varchar(6),
    cd_multi_empresa bigint default 1);

create table dbamv.pw_unidade_afericao (cd_unidade_afericao bigint primary key, ds_unidade_afericao varchar(60));
create table dbamv.sinal_vital (cd_sinal_vital bigint primary key, ds_sinal_vital varchar(100));
create table dbamv.coleta_sinal_vital (
    cd_coleta_sinal_vital bigint primary key, cd_atendimento bigint references dbamv.atendime, data_coleta timestamp(0), dt_referencia timestamp(0),
    cd_prestador bigint references dbamv.prestador, nm_usuario varchar(30), cd_documento_clinico bigint references dbamv.pw_documento_clinico);
create table dbamv.itcoleta_sinal_vital (
    cd_coleta_sinal_vital bigint not null references dbamv.coleta_sinal_vital, cd_sinal_vital bigint not null references dbamv.sinal_vital,
    valor varchar(100), cd_unidade_afericao bigint references dbamv.pw_unidade_afericao, cd_instrumento_afericao bigint, cd_avaliacao bigint,
    primary key (cd_coleta_sinal_vital, cd_sinal_vital));

create table dbamv.cen_cir (cd_cen_cir bigint primary key, ds_cen_cir varchar(100));
create table dbamv.sal_cir (cd_sal_cir bigint primary key, ds_sal_cir varchar(100), cd_cen_cir bigint references dbamv.cen_cir);
create table dbamv.cirurgia (cd_cirurgia bigint primary key, ds_cirurgia varchar(400) not null, tp_cirurgia varchar(1), cd_pro_fat varchar(10));
create table dbamv.aviso_cirurgia (
    cd_aviso_cirurgia bigint primary key, cd_atendimento bigint references dbamv.atendime, cd_paciente bigint references dbamv.paciente,
    nm_paciente varchar(400), tp_situacao varchar(1), dt_aviso_cirurgia timestamp(0), dt_sugerida timestamp(0), dt_prev_inter timestamp(0),
    dt_realizacao timestamp(0), dt_inicio_cirurgia timestamp(0), dt_cancelamento timestamp(0), cd_cen_cir bigint references dbamv.cen_cir,
    cd_sal_cir bigint references dbamv.sal_cir, sn_uti varchar(1), ds_obs_aviso varchar(2000), cd_usuario varchar(30));
create table dbamv.cirurgia_aviso (
    cd_cirurgia_aviso bigint primary key, cd_aviso_cirurgia bigint not null references dbamv.aviso_cirurgia,
    cd_cirurgia bigint not null references dbamv.cirurgia, sn_principal varchar(1) not null, cd_convenio bigint references dbamv.convenio,
    cd_con_pla bigint, cd_especialid bigint references dbamv.especialid, ds_lateralidade varchar(60), tp_natureza varchar(1),
    cd_porte_cirurgia bigint, sn_reop varchar(1));
create table dbamv.prestador_aviso (
    cd_cirurgia_aviso bigint not null references dbamv.cirurgia_aviso, cd_ati_med varchar(2) not null,
    cd_prestador bigint not null references dbamv.prestador, cd_aviso_cirurgia bigint not null references dbamv.aviso_cirurgia,
    cd_cirurgia bigint not null references dbamv.cirurgia, nm_prestador varchar(200), sn_principal varchar(1) not null,
    primary key (cd_cirurgia_aviso, cd_ati_med, cd_prestador));
create table dbamv.age_cir (
    cd_age_cir bigint primary key, dt_inicio_age_cir timestamp(0) not null, dt_final_age_cir timestamp(0) not null,
    cd_sal_cir bigint not null references dbamv.sal_cir, cd_aviso_cirurgia bigint not null references dbamv.aviso_cirurgia, cd_equipe_medica bigint,
    tp_agendamento varchar(1) not null, vl_tempo_cirurgia timestamp(0), vl_tempo_limpeza timestamp(0), cd_unidade_regional bigint, cd_ser_dis bigint,
    sn_impresso varchar(1) not null default 'N', cd_senha_autorizacao varchar(30));

-- What only the sandbox knows: which attendances were deleted, so that a check can tell "gone" from "never there".
create schema sandbox;
create table sandbox.excluidos (cd_atendimento bigint primary key, cd_paciente bigint not null);

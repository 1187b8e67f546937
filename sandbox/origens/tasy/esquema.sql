-- The part of Tasy's schema that the hub reads, real names. Oracle types as PostgreSQL's: NUMBER codes bigint, NUMBER(p,s)
-- numeric, VARCHAR2 varchar, DATE timestamp(0) (Oracle's DATE has seconds and no zone), LONG text. Every table ends with the vendor's own
-- four columns of who touched it when. Where the facts leave a size or a label column open, the usual choice stands here.
create schema tasy;
create table tasy.setor_atendimento (
    cd_setor_atendimento bigint primary key, ds_setor_atendimento varchar(100), cd_estabelecimento_base bigint,
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.motivo_alta (
    cd_motivo_alta bigint primary key, ds_motivo_alta varchar(100), ie_obito varchar(1),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.cor_pele (
    nr_sequencia bigint primary key, ds_cor_pele varchar(60),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.convenio (
    cd_convenio bigint primary key, ds_convenio varchar(100),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.cid_doenca (
    cd_doenca_cid varchar(10) primary key, ds_doenca_cid varchar(400),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.tipo_alergia (
    nr_sequencia bigint primary key, ds_tipo_alergia varchar(100),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.med_reacao_alergica (
    nr_sequencia bigint primary key, ds_reacao varchar(100),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.material (
    cd_material bigint primary key, ds_material varchar(255), ds_reduzida varchar(100), nr_registro_anvisa varchar(60), cd_dcb varchar(20),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.proc_interno (
    nr_sequencia bigint primary key, ds_proc_exame varchar(255),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.pessoa_fisica (
    cd_pessoa_fisica varchar(10) primary key, nm_pessoa_fisica varchar(200) not null, nm_social varchar(200), dt_nascimento timestamp(0),
    dt_obito timestamp(0), ie_sexo varchar(1), nr_cpf varchar(20), nr_cartao_nac_sus varchar(20), nr_identidade varchar(20), ie_estado_civil varchar(1),
    nr_seq_cor_pele bigint references tasy.cor_pele, cd_nacionalidade varchar(8), cd_religiao bigint, ie_grau_instrucao varchar(2),
    nr_ddi_celular varchar(3), nr_ddd_celular varchar(3), nr_telefone_celular varchar(40), nr_reg_geral_estrang varchar(30), cd_estabelecimento bigint,
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.medico (
    cd_pessoa_fisica varchar(10) primary key references tasy.pessoa_fisica, nr_crm varchar(20), uf_crm varchar(2), nm_guerra varchar(60),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.compl_pessoa_fisica (
    cd_pessoa_fisica varchar(10) not null references tasy.pessoa_fisica, nr_sequencia bigint not null, ie_tipo_complemento bigint not null,
    nm_contato varchar(200), nr_cpf varchar(20), cd_tipo_logradouro varchar(3), ds_endereco varchar(200), nr_endereco bigint, ds_complemento varchar(60),
    ds_bairro varchar(80), ds_municipio varchar(60), sg_estado varchar(2), cd_cep varchar(15), ds_email varchar(255), nr_telefone varchar(40),
    nr_seq_parentesco bigint, primary key (cd_pessoa_fisica, nr_sequencia),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.atendimento_paciente (
    nr_atendimento bigint primary key, cd_pessoa_fisica varchar(10) not null references tasy.pessoa_fisica, cd_estabelecimento bigint not null default 1,
    ie_tipo_atendimento bigint not null, dt_entrada timestamp(0) not null, dt_alta timestamp(0), dt_alta_medico timestamp(0), dt_alta_interno timestamp(0),
    dt_cancelamento timestamp(0), ie_status_atendimento varchar(3), cd_medico_resp varchar(10) references tasy.pessoa_fisica,
    cd_medico_referido varchar(10) references tasy.pessoa_fisica, cd_motivo_alta bigint references tasy.motivo_alta, cd_motivo_alta_medica bigint,
    ie_carater_inter_sus varchar(2), ie_clinica bigint, nr_seq_classificacao bigint, nr_seq_triagem bigint, dt_atend_medico timestamp(0),
    dt_fim_consulta timestamp(0), nr_seq_forma_chegada bigint,
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.atend_categoria_convenio (
    nr_atendimento bigint not null references tasy.atendimento_paciente, cd_convenio bigint not null references tasy.convenio,
    cd_categoria varchar(10) not null, dt_inicio_vigencia timestamp(0) not null, cd_plano_convenio varchar(10), cd_usuario_convenio varchar(30),
    dt_validade_carteira timestamp(0), primary key (nr_atendimento, cd_convenio, cd_categoria, dt_inicio_vigencia),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.atend_paciente_unidade (
    nr_seq_interno bigint primary key, nr_atendimento bigint not null references tasy.atendimento_paciente, nr_sequencia bigint,
    cd_setor_atendimento bigint not null references tasy.setor_atendimento, cd_unidade_basica varchar(10), cd_unidade_compl varchar(10),
    dt_entrada_unidade timestamp(0) not null, dt_saida_unidade timestamp(0), ie_passagem_setor varchar(1),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.diagnostico_doenca (
    nr_atendimento bigint not null references tasy.atendimento_paciente, dt_diagnostico timestamp(0) not null, cd_doenca varchar(10) not null,
    ie_classificacao_doenca varchar(1), ie_tipo_diagnostico bigint, dt_liberacao timestamp(0), ie_situacao varchar(1),
    primary key (nr_atendimento, dt_diagnostico, cd_doenca),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.paciente_alergia (
    nr_sequencia bigint primary key, cd_pessoa_fisica varchar(10) not null references tasy.pessoa_fisica,
    nr_atendimento bigint references tasy.atendimento_paciente, nr_seq_tipo bigint references tasy.tipo_alergia,
    nr_seq_reacao bigint references tasy.med_reacao_alergica, cd_material bigint references tasy.material, ds_medic_nao_cad varchar(255),
    ds_observacao varchar(2000), ie_confirmacao varchar(1), ie_nega_alergias varchar(1), dt_liberacao timestamp(0), dt_inativacao timestamp(0),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.atendimento_sinal_vital (
    nr_sequencia bigint primary key, nr_atendimento bigint references tasy.atendimento_paciente,
    cd_paciente varchar(10) references tasy.pessoa_fisica, cd_pessoa_fisica varchar(10) references tasy.pessoa_fisica, dt_sinal_vital timestamp(0),
    qt_pa_sistolica bigint, qt_pa_diastolica bigint, qt_pam bigint, qt_freq_cardiaca bigint, qt_freq_resp bigint, qt_temp numeric(4, 1),
    qt_saturacao_o2 numeric(5, 2), qt_peso numeric(10, 3), ie_unid_med_peso varchar(15), qt_altura_cm numeric(6, 2), ie_unid_med_altura varchar(15),
    qt_glicemia_capilar numeric(8, 2), qt_escala_dor bigint, cd_escala_dor varchar(10), ie_situacao varchar(1), dt_liberacao timestamp(0),
    dt_inativacao timestamp(0),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.prescr_medica (
    nr_prescricao bigint primary key, nr_atendimento bigint references tasy.atendimento_paciente, cd_pessoa_fisica varchar(10) references tasy.pessoa_fisica,
    cd_medico varchar(10) references tasy.pessoa_fisica, dt_prescricao timestamp(0) not null, dt_validade_prescr timestamp(0), dt_liberacao timestamp(0),
    dt_liberacao_medico timestamp(0), dt_suspensao timestamp(0), ds_motivo_susp varchar(255), cd_estabelecimento bigint,
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.prescr_material (
    nr_prescricao bigint not null references tasy.prescr_medica, nr_sequencia bigint not null, cd_material bigint references tasy.material,
    qt_dose numeric(18, 6), cd_unidade_medida_dose varchar(30), cd_intervalo varchar(7), ie_via_aplicacao varchar(5), dt_inicio_medic timestamp(0),
    nr_dia_util bigint, ie_suspenso varchar(1), dt_suspensao timestamp(0), ie_administrar varchar(1), dt_lib_enfermagem timestamp(0),
    nr_seq_mat_cpoe bigint, primary key (nr_prescricao, nr_sequencia),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.prescr_procedimento (
    nr_prescricao bigint not null references tasy.prescr_medica, nr_sequencia bigint not null, cd_procedimento bigint,
    nr_seq_proc_interno bigint references tasy.proc_interno, qt_procedimento numeric(8, 3), ie_status_execucao varchar(3), dt_baixa timestamp(0),
    cd_medico_exec varchar(10), primary key (nr_prescricao, nr_sequencia),
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));
create table tasy.evolucao_paciente (
    cd_evolucao bigint primary key, nr_atendimento bigint references tasy.atendimento_paciente,
    cd_pessoa_fisica varchar(10) references tasy.pessoa_fisica, cd_medico varchar(10) references tasy.pessoa_fisica, dt_evolucao timestamp(0) not null,
    ie_tipo_evolucao varchar(3), ie_evolucao_clinica varchar(3), ds_evolucao text, ie_situacao varchar(1), dt_liberacao timestamp(0),
    nr_seq_assinatura bigint,
    dt_atualizacao timestamp(0) not null, nm_usuario varchar(15), dt_atualizacao_nrec timestamp(0), nm_usuario_nrec varchar(15));

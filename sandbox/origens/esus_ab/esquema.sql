-- The part of the e-SUS PEC schema that the hub reads, real names and types, newer version.
-- Catalogues that the facts only name by their key have the columns that every PEC catalogue has (co_, no_).
create table tb_status_atend (co_status_atend bigint primary key, no_status_atend varchar(30), no_identificador varchar(30));
create table tb_tipo_atend_prof (co_tipo_atend_prof bigint primary key, no_tipo_atend_prof varchar(30));
create table tb_tipo_atend (co_tipo_atend bigint primary key, no_tipo_atend varchar(60), no_identificador varchar(60));
create table tb_status_atend_prof (co_status_atend_prof bigint primary key, no_status_atend_prof varchar(30));
create table tb_raca_cor (co_raca_cor bigint primary key, no_raca_cor varchar(50), nu_ms varchar(2), co_raca_cor_cadsus varchar(2));
create table tb_uf (co_uf bigint primary key, sg_uf varchar(2), no_uf varchar(50));
create table tb_localidade (co_localidade bigint primary key, no_localidade varchar(200), co_ibge varchar(7), co_uf bigint references tb_uf);
create table tb_cbo (co_cbo bigint primary key, co_cbo_2002 varchar(10), no_cbo varchar(200));
create table tb_conselho_classe (co_conselho_classe bigint primary key, sg_conselho_classe varchar(20), no_conselho_classe varchar(200));
create table tb_cid10 (co_cid10 bigint primary key, nu_cid10 varchar(4), no_cid10 varchar(400), st_ativo int);
create table tb_ciap (co_seq_ciap bigint primary key, co_ciap varchar(10), ds_ciap varchar(400));
create table tb_proced (co_seq_proced bigint primary key, co_proced varchar(20), no_proced varchar(400), tp_proced varchar(30),
    st_exame int, st_ativo int);
create table tb_imunobiologico (co_imunobiologico bigint primary key, sg_imunobiologico varchar(30), no_imunobiologico varchar(200), st_ativo int);
create table tb_dose_imunobiologico (co_dose_imunobiologico bigint primary key, sg_dose_imunobiologico varchar(10),
    no_dose_imunobiologico varchar(100), nu_ordem int, no_apresentacao_dose varchar(100));
create table tb_imunobiologico_lote (co_seq_imunobiologico_lote bigint primary key, co_imunobiologico bigint references tb_imunobiologico,
    ds_lote varchar(30), dt_validade date, co_imunobiologico_fabricante bigint);
create table tb_estrategia_vacinacao (co_estrategia_vacinacao bigint primary key, no_estrategia_vacinacao varchar(100),
    nu_estrategia_vacinacao varchar(10));
create table tb_via_adm_vacina (co_via_adm_vacina bigint primary key, no_via_adm_vacina varchar(100));
create table tb_local_apl_vacina (co_local_apl_vacina bigint primary key, no_local_apl_vacina varchar(100));
create table tb_tipo_glicemia (co_tipo_glicemia bigint primary key, no_tipo_glicemia varchar(50));
create table tb_medicamento (co_seq_medicamento bigint primary key, no_principio_ativo varchar(400), ds_concentracao varchar(200),
    co_forma_farmaceutica bigint, ds_unidade_fornecimento varchar(200));
create table tb_medicamento_catmat (co_medicamento bigint primary key references tb_medicamento, co_catmat varchar(20),
    co_principio_ativo bigint, co_rename bigint);
create table tb_aplicacao_medicamento (co_aplicacao_medicamento bigint primary key, no_aplicacao_medicamento varchar(100));
create table tb_receita_tipo_frequencia (co_receita_tipo_frequencia bigint primary key, no_tipo_frequencia varchar(50),
    no_identificador varchar(50));
create table tb_unidade_medida_tempo (co_unidade_medida_tempo bigint primary key, no_unidade_medida_tempo varchar(50),
    no_identificador varchar(50));
create table tb_substancia_espec_alergia (co_seq_substancia_espec_alergia bigint primary key, no_substancia_espec_alergia varchar(300));
create table tb_unidade_saude (co_seq_unidade_saude bigint primary key, nu_cnes varchar(7), no_unidade_saude varchar(500), nu_cnpj varchar(14),
    st_ativo int);
create table tb_equipe (co_seq_equipe bigint primary key, nu_ine varchar(10), no_equipe varchar(200), co_unidade_saude bigint);
create table tb_prof (co_seq_prof bigint primary key, nu_cpf varchar(11), nu_cns varchar(16), no_civil_profissional varchar(500),
    no_profissional_filtro varchar(500), nu_conselho_classe varchar(100), co_conselho_classe bigint references tb_conselho_classe,
    no_sexo varchar(24));
create table tb_ator_papel (co_seq_ator_papel bigint primary key, co_prof bigint references tb_prof);
create table tb_lotacao (co_ator_papel bigint primary key references tb_ator_papel, co_prof bigint not null references tb_prof,
    co_cbo bigint references tb_cbo, co_unidade_saude bigint references tb_unidade_saude, co_equipe bigint references tb_equipe,
    dt_desativacao_lotacao timestamp, co_unico_lotacao varchar(96));
create table tb_cidadao (co_seq_cidadao bigint primary key, co_unico_cidadao varchar(96) not null, nu_cpf varchar(11), nu_cns varchar(16),
    no_cidadao varchar(500), no_cidadao_filtro varchar(500), no_social varchar(255), no_mae varchar(500), no_pai varchar(500),
    st_desconhece_nome_mae int not null default 0, dt_nascimento date, dt_obito date, no_sexo varchar(24),
    co_raca_cor bigint references tb_raca_cor, co_etnia bigint, co_nacionalidade bigint not null default 1, co_localidade bigint,
    st_ativo int, st_faleceu int, st_unificado int not null default 0, st_ativo_para_exibicao int,
    nu_telefone_celular varchar(255), nu_telefone_residencial varchar(255), nu_telefone_contato varchar(255), ds_email varchar(255),
    ds_logradouro varchar(150), nu_numero varchar(20), st_sem_numero int, ds_complemento varchar(50), no_bairro varchar(255),
    ds_cep varchar(8), tp_logradouro bigint, co_localidade_endereco bigint references tb_localidade, co_uf bigint references tb_uf,
    nu_nis_pis_pasep varchar(50), no_tipo_sanguineo varchar(22), nu_area varchar(3), nu_micro_area varchar(3),
    dt_atualizado timestamp, dt_ultima_ficha date, co_unico_ultima_ficha varchar(96), dt_atualizado_cadsus date);
create table tb_prontuario (co_seq_prontuario bigint primary key, co_cidadao bigint unique references tb_cidadao, co_prontuario_grupo bigint,
    qt_referencia int);
create table tb_prontuario_grupo_historico (co_prontuario_grupo bigint not null, co_prontuario bigint not null references tb_prontuario,
    dt_unificacao timestamp not null);
create table tb_atend (co_seq_atend bigint primary key, dt_inicio timestamp not null, dt_fim timestamp,
    st_atend bigint not null references tb_status_atend, co_prontuario bigint not null references tb_prontuario,
    co_unidade_saude bigint not null references tb_unidade_saude, co_equipe bigint references tb_equipe,
    co_responsavel bigint references tb_ator_papel, co_atend_prof bigint, co_agendado bigint unique, tp_local_atend bigint,
    co_classificacao_risco bigint, dt_criacao_registro timestamp, dt_ultima_alteracao_status timestamp not null,
    st_registro_tardio int not null default 0, st_fechado_automaticamente int, co_unico_atend varchar(96));
create table tb_atend_prof (co_seq_atend_prof bigint primary key, co_atend bigint not null references tb_atend, dt_inicio timestamp,
    dt_fim timestamp, co_lotacao bigint references tb_lotacao, tp_atend_prof bigint not null references tb_tipo_atend_prof,
    tp_atend bigint references tb_tipo_atend, st_atend_prof bigint not null references tb_status_atend_prof, st_cancelado int,
    st_atend_enviado int, co_unico_atend_prof varchar(96), nu_conselho_classe varchar(100),
    co_conselho_classe bigint references tb_conselho_classe, co_uf_emissora_conselho_classe bigint references tb_uf,
    co_lotacao_atend_compartilhado bigint references tb_lotacao, ds_versao_ficha varchar(30), nu_revisao int, st_registro_historico int);
alter table tb_atend add foreign key (co_atend_prof) references tb_atend_prof deferrable initially deferred;
create table tb_retificacao_atend (co_unico_atend_prof varchar(96) not null, dt_exclusao timestamp);
create table tb_evolucao_subjetivo (co_atend_prof bigint primary key references tb_atend_prof, ds_subjetivo text,
    ds_acompanhado_especialidade varchar(255));
create table tb_evolucao_objetivo (co_atend_prof bigint primary key references tb_atend_prof, ds_objetivo text, st_necessidade_especial int);
create table tb_evolucao_avaliacao (co_atend_prof bigint primary key references tb_atend_prof, ds_avaliacao text,
    st_necessidade_de_protese int);
create table tb_evolucao_plano (co_atend_prof bigint primary key references tb_atend_prof, ds_plano text);
create table rl_evolucao_avaliacao_ciap_cid (co_seq_evolucao_aval_ciap_cid bigint primary key,
    co_atend_prof bigint not null references tb_atend_prof, co_ciap bigint references tb_ciap, co_cid10 bigint references tb_cid10,
    ds_nota varchar(400), co_unico_problema bigint);
create table tb_problema_evolucao (co_seq_problema_evolucao bigint primary key, co_unico_problema bigint,
    co_atend_prof bigint references tb_atend_prof, co_situacao_problema bigint not null, ds_observacao varchar(255),
    dt_inicio_problema date, dt_fim_problema date);
create table tb_medicao (co_seq_medicao bigint primary key, dt_medicao timestamp not null, co_atend_prof bigint not null references tb_atend_prof,
    nu_medicao_peso varchar(20), nu_medicao_altura varchar(20), nu_medicao_imc varchar(20), nu_medicao_pressao_arterial varchar(20),
    nu_medicao_frequencia_cardiaca varchar(20), nu_medicao_frequnca_resprtria varchar(20), nu_medicao_temperatura varchar(20),
    nu_medicao_saturacao_o2 varchar(20), nu_medicao_glicemia varchar(20), tp_glicemia bigint references tb_tipo_glicemia,
    nu_medicao_perimetro_cefalico varchar(20), nu_medicao_circunf_abdominal varchar(20), nu_perimetro_panturrilha varchar(20),
    nu_medicao_altura_uterina varchar(20), nu_medicao_batimnto_cardco_ftl varchar(20), nu_medicao_vacinacao_em_dia varchar(20),
    dt_ultima_menstruacao timestamp, st_medicao_anterior int);
create table tb_vacinacao (co_seq_vacinacao bigint primary key, co_atend_prof bigint references tb_atend_prof,
    co_prontuario bigint references tb_prontuario, st_gestante int, st_puerpera int, st_viajante int, st_comunicante_hanseniase int);
create table tb_registro_vacinacao (co_seq_registro_vacinacao bigint primary key, co_vacinacao bigint references tb_vacinacao,
    co_imunobiologico bigint references tb_imunobiologico, co_dose_imunobiologico bigint references tb_dose_imunobiologico,
    co_estrategia_vacinacao bigint references tb_estrategia_vacinacao, co_via_adm_vacina bigint references tb_via_adm_vacina,
    co_local_apl_vacina bigint references tb_local_apl_vacina, co_imunobiologico_lote bigint references tb_imunobiologico_lote,
    co_tipo_registro_vacinacao bigint, st_registro_anterior int, dt_aplicacao timestamp, dt_aprazamento date, ds_observacoes varchar(300),
    co_grupo_atendimento bigint);
create table tb_requisicao_exame (co_seq_requisicao_exame bigint primary key, co_atend_prof bigint references tb_atend_prof,
    dt_requisicao timestamp, tp_exame int, ds_justificativa_procedimento varchar(2000), ds_observacao varchar(500),
    co_cid10 bigint references tb_cid10, dt_ultima_menstruacao timestamp);
create table tb_exame_requisitado (co_seq_exame_requisitado bigint primary key, co_requisicao_exame bigint references tb_requisicao_exame,
    co_atend_prof_solicitacao bigint references tb_atend_prof, co_atend_prof_resultado bigint references tb_atend_prof,
    co_prontuario bigint references tb_prontuario, co_proced bigint references tb_proced, dt_solicitacao timestamp, dt_realizacao timestamp,
    dt_resultado timestamp, ds_resultado text, ds_observacao varchar(300), st_conferido int, co_proced_exame_especifico bigint);
create table tb_receita_medicamento (co_seq_receita_medicamento bigint primary key, co_atend_prof bigint references tb_atend_prof,
    co_medicamento bigint not null references tb_medicamento, no_posologia varchar(200), ds_dose varchar(100), qt_receitada int,
    st_uso_continuo int not null, st_dose_unica int, tp_frequencia_dose bigint references tb_receita_tipo_frequencia,
    ds_frequencia_dose varchar(25), qt_periodo_frequencia int, tp_un_medida_tempo_frequencia bigint references tb_unidade_medida_tempo,
    dt_inicio_tratamento date, dt_fim_tratamento date, qt_duracao_tratamento int,
    tp_un_medida_tempo_tratamento bigint references tb_unidade_medida_tempo, ds_recomendacao text,
    co_aplicacao_medicamento bigint references tb_aplicacao_medicamento, tp_receita bigint, st_registro_manual int, st_interrompido int);
create table rl_atend_proced (co_atend_prof bigint not null references tb_atend_prof, co_proced bigint not null references tb_proced);
create table tb_alergia (co_seq_alergia bigint primary key, co_prontuario bigint references tb_prontuario,
    co_categoria_agente_causador bigint not null, co_substancia_especifica bigint references tb_substancia_espec_alergia,
    co_ultima_alergia_evolucao bigint, co_unico_alergia bigint);
create table tb_alergia_evolucao (co_seq_alergia_evolucao bigint primary key, co_unico_alergia bigint, no_manifestacoes varchar(800),
    dt_instalacao date, co_criticidade_alergia bigint not null, no_evolucao varchar(500),
    co_atend_prof bigint not null references tb_atend_prof);
-- Keys of the simulator's rows: the PEC takes them from Hibernate sequences.
create sequence seq_pec;
create sequence seq_atend;

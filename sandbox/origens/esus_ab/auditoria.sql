-- Newer audit copies: the columns of the live table plus a key, the time and the kind (I, A or U, E = deleted) of the change.
create sequence seq_ta;
create table ta_evolucao_subjetivo (co_seq_ta bigint primary key default nextval('seq_ta'), dt_auditoria timestamp not null,
    co_tipo_auditoria char(1), like tb_evolucao_subjetivo);
create table ta_evolucao_objetivo (co_seq_ta bigint primary key default nextval('seq_ta'), dt_auditoria timestamp not null,
    co_tipo_auditoria char(1), like tb_evolucao_objetivo);
create table ta_evolucao_avaliacao (co_seq_ta bigint primary key default nextval('seq_ta'), dt_auditoria timestamp not null,
    co_tipo_auditoria char(1), like tb_evolucao_avaliacao);
create table ta_evolucao_plano (co_seq_ta bigint primary key default nextval('seq_ta'), dt_auditoria timestamp not null,
    co_tipo_auditoria char(1), like tb_evolucao_plano);
create table ta_medicao (co_seq_ta bigint primary key default nextval('seq_ta'), dt_auditoria timestamp not null,
    co_tipo_auditoria char(1), like tb_medicao);
create table ta_receita_medicamento (co_seq_ta bigint primary key default nextval('seq_ta'), dt_auditoria timestamp not null,
    co_tipo_auditoria char(1), like tb_receita_medicamento);
create table ta_exame_requisitado (co_seq_ta bigint primary key default nextval('seq_ta'), dt_auditoria timestamp not null,
    co_tipo_auditoria char(1), like tb_exame_requisitado);

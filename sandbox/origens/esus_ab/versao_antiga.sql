-- What an older PEC has otherwise: other column names, no ta_ copies, Envers revisions (tl_) instead.
alter table tb_atend drop constraint tb_atend_co_responsavel_fkey;
alter table tb_atend rename column co_responsavel to co_lotacao;
alter table tb_atend add foreign key (co_lotacao) references tb_lotacao;
alter table tb_prof rename column no_civil_profissional to no_profissional;
alter table tb_exame_requisitado rename column co_atend_prof_solicitacao to co_atend_prof;
alter table tb_receita_medicamento drop column st_interrompido;
alter table tb_alergia drop column co_substancia_especifica;
alter table tb_alergia add column no_substancia_especifica varchar(300);
drop table tb_substancia_espec_alergia;
create table tb_revisao (co_seq_revisao bigint primary key, dt_revisao timestamp not null, nu_cns varchar(16), nu_cnes varchar(7),
    co_usuario bigint, ds_entidades text, tp_registro_afetado varchar(50), co_registro_afetado varchar(96));
create table tl_atend_prof (like tb_atend_prof, co_revisao bigint not null references tb_revisao, co_tipo_revisao smallint,
    primary key (co_revisao, co_seq_atend_prof));
create table tl_medicao (like tb_medicao, co_revisao bigint not null references tb_revisao, co_tipo_revisao smallint,
    primary key (co_revisao, co_seq_medicao));

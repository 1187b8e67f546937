-- Twin of include/contracts/mv/instalar.sql: the same journals and triggers. A journal is only ever inserted into: the hub reads rows by id
-- and moves them into the table beside it, so the hospital's transaction never waits for a row of ours.
create schema fusion_integracao;
create table fusion_integracao.importacaoatendimento (
    id bigint generated always as identity primary key,
    cd_atendimento bigint not null,
    cd_paciente bigint,
    tp_operacao varchar(1) not null check (tp_operacao in ('I', 'U', 'D')),
    sn_abertura varchar(1) not null default 'N',
    sn_alta varchar(1) not null default 'N',
    sn_troca_leito varchar(1) not null default 'N',
    dh_registro timestamp not null default (clock_timestamp() at time zone 'America/Bahia')
);
create table fusion_integracao.atualizacaoagendacirurgia (
    id bigint generated always as identity primary key,
    cd_age_cir bigint not null,
    cd_aviso_cirurgia bigint,
    tp_operacao varchar(1) not null check (tp_operacao in ('I', 'U', 'D')),
    dh_registro timestamp not null default (clock_timestamp() at time zone 'America/Bahia')
);
create table fusion_integracao.importacaoatendimento_lido (
    nr_lote bigint not null,
    id bigint not null,
    cd_atendimento bigint not null,
    cd_paciente bigint,
    tp_operacao varchar(1) not null,
    sn_abertura varchar(1) not null,
    sn_alta varchar(1) not null,
    sn_troca_leito varchar(1) not null,
    dh_registro timestamp not null
);
create table fusion_integracao.atualizacaoagendacirurgia_lido (
    nr_lote bigint not null,
    id bigint not null,
    cd_age_cir bigint not null,
    cd_aviso_cirurgia bigint,
    tp_operacao varchar(1) not null,
    dh_registro timestamp not null
);
create index ix_importacaoatendimento_lido on fusion_integracao.importacaoatendimento_lido (nr_lote, id);
create index ix_atualizacaoagendacir_lido on fusion_integracao.atualizacaoagendacirurgia_lido (nr_lote, id);

create function fusion_integracao.trg_fusion_atendime() returns trigger language plpgsql security definer as $$
declare
    abertura boolean := false;
    alta boolean := false;
    troca boolean := false;
begin
    if tg_op = 'INSERT' then
        abertura := true;
        alta := new.dt_alta is not null;
    elsif tg_op = 'UPDATE' then
        alta := old.dt_alta is distinct from new.dt_alta or old.hr_alta is distinct from new.hr_alta
            or old.dt_alta_medica is distinct from new.dt_alta_medica or old.hr_alta_medica is distinct from new.hr_alta_medica
            or old.cd_mot_alt is distinct from new.cd_mot_alt;
        troca := old.cd_leito is distinct from new.cd_leito;
        abertura := old.cd_paciente is distinct from new.cd_paciente or old.dt_atendimento is distinct from new.dt_atendimento
            or old.hr_atendimento is distinct from new.hr_atendimento or old.tp_atendimento is distinct from new.tp_atendimento
            or old.tp_carater_internacao is distinct from new.tp_carater_internacao or old.cd_convenio is distinct from new.cd_convenio
            or old.cd_prestador is distinct from new.cd_prestador or old.cd_especialid is distinct from new.cd_especialid
            or old.cd_ori_ate is distinct from new.cd_ori_ate or old.cd_cid is distinct from new.cd_cid
            or old.sn_obito is distinct from new.sn_obito;
        if not (alta or troca or abertura) then
            return null;
        end if;
    end if;
    insert into fusion_integracao.importacaoatendimento (cd_atendimento, cd_paciente, tp_operacao, sn_abertura, sn_alta, sn_troca_leito)
    values (case when tg_op = 'DELETE' then old.cd_atendimento else new.cd_atendimento end,
            case when tg_op = 'DELETE' then old.cd_paciente else new.cd_paciente end, left(tg_op, 1),
            case when abertura then 'S' else 'N' end, case when alta then 'S' else 'N' end, case when troca then 'S' else 'N' end);
    return null;
exception when others then
    return null;
end $$;
create trigger trg_fusion_atendime after insert or delete or update of dt_alta, hr_alta, dt_alta_medica, hr_alta_medica, cd_mot_alt, cd_leito,
    cd_paciente, dt_atendimento, hr_atendimento, tp_atendimento, tp_carater_internacao, cd_convenio, cd_prestador, cd_especialid, cd_ori_ate,
    cd_cid, sn_obito on dbamv.atendime for each row execute function fusion_integracao.trg_fusion_atendime();

create function fusion_integracao.trg_fusion_age_cir() returns trigger language plpgsql security definer as $$
begin
    insert into fusion_integracao.atualizacaoagendacirurgia (cd_age_cir, cd_aviso_cirurgia, tp_operacao)
    values (case when tg_op = 'DELETE' then old.cd_age_cir else new.cd_age_cir end,
            case when tg_op = 'DELETE' then old.cd_aviso_cirurgia else new.cd_aviso_cirurgia end, left(tg_op, 1));
    return null;
exception when others then
    return null;
end $$;
create trigger trg_fusion_age_cir after insert or update or delete on dbamv.age_cir
    for each row execute function fusion_integracao.trg_fusion_age_cir();

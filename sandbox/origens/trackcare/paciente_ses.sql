-- The site's own upkeep of PacienteSES, as include/contracts/trackcare/ddl.sql asks for it: what TrakCare's triggers do, in PostgreSQL.
create function sqluser.atualizar_pacienteses(p_papmi bigint, p_clinico boolean) returns void language sql as $$
    insert into sqluser.pacienteses as s
    select p.paper_rowid, m.papmi_no, p.paper_name, p.paper_name2, p.paper_name3, p.paper_mothername, p.paper_dob, x.ctsex_code, p.paper_id,
           p.paper_governcardno, p.paper_mobphone, p.paper_email, p.paper_deceased, p.paper_deceased_date, d.papmi_paper_dr,
           case when p_clinico then clock_timestamp() at time zone 'FUSO' end, clock_timestamp() at time zone 'FUSO'
      from sqluser.pa_patmas m
      join sqluser.pa_person p on p.paper_rowid = m.papmi_paper_dr
      left join sqluser.ct_sex x on x.ctsex_rowid = p.paper_sex_dr
      left join sqluser.pa_mergepatient g on g.mrg_papmi_from_dr = m.papmi_rowid1
      left join sqluser.pa_patmas d on d.papmi_rowid1 = g.mrg_papmi_to_dr
     where m.papmi_rowid1 = p_papmi
    on conflict (pacienteid) do update
       set prontuario = excluded.prontuario, nome = excluded.nome, nome2 = excluded.nome2, nome3 = excluded.nome3, nomemae = excluded.nomemae,
           datanascimento = excluded.datanascimento, sexo = excluded.sexo, documento = excluded.documento, cartao = excluded.cartao,
           celular = excluded.celular, email = excluded.email, obito = excluded.obito, dataobito = excluded.dataobito,
           unificadocom = excluded.unificadocom, alteradoclinicoem = coalesce(excluded.alteradoclinicoem, s.alteradoclinicoem),
           atualizadoem = excluded.atualizadoem
$$;
create function sqluser.tocar() returns trigger language plpgsql as $$
declare
    linha jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
    -- What PacienteSES copies of PA_Person and PA_PatMas, and what moves with every save: a change of any other column shows only there.
    copiadas text[] := '{paper_name, paper_name2, paper_name3, paper_mothername, paper_dob, paper_sex_dr, paper_id, paper_governcardno,
        paper_mobphone, paper_email, paper_deceased, paper_deceased_date, paper_updatedate, paper_updatetime, papmi_no}';
    clinico boolean := tg_argv[2] = 'clinico';
    papmi bigint;
begin
    if not clinico and tg_op = 'UPDATE' then
        clinico := to_jsonb(old) - copiadas <> to_jsonb(new) - copiadas;
    end if;
    case tg_argv[0]
        when 'pessoa' then papmi := (select papmi_rowid1 from sqluser.pa_patmas where papmi_paper_dr = (linha ->> 'paper_rowid')::bigint limit 1);
        when 'papmi' then papmi := (linha ->> tg_argv[1])::bigint;
        when 'adm' then papmi := (select paadm_papmi_dr from sqluser.pa_adm where paadm_rowid = (linha ->> tg_argv[1])::bigint);
        when 'mradm' then papmi := (select a.paadm_papmi_dr from sqluser.mr_adm r join sqluser.pa_adm a on a.paadm_rowid = r.mradm_adm_dr
                                     where r.mradm_rowid = (linha ->> tg_argv[1])::bigint);
        when 'order' then papmi := (select a.paadm_papmi_dr from sqluser.oe_order o join sqluser.pa_adm a on a.paadm_rowid = o.oeord_adm_dr
                                     where o.oeord_rowid = (linha ->> tg_argv[1])::numeric);
    end case;
    perform sqluser.atualizar_pacienteses(papmi, clinico);
    return null;
end $$;

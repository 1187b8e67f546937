"""e-SUS APS PEC (e-SUS AB): what changes, what is read and how a visit becomes the canonical attendance.

A record is one ``tb_atend`` (key ``co_seq_atend``). Its clinical data belongs to its professional attendances (``co_atend_prof``);
the cancelled ones are left out. Decisions:

- A visit has only what was written in it (allergies and problems too), so a later visit does not change an older one.
- A vital sign that is unreadable or out of LEDI's range refuses the record. The reason names the field and the row: a wrong number
  is dangerous, a dropped one nobody sees. After a correction at the source the visit comes again by itself.
- PEC does not rank diagnoses, so all are PRINCIPAL. The canonical signs have no obstetric or neonatal measures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, documents, numbers, sections, values
from include.fusion.model import atendimento as model
from include.fusion.reading.keys import IntegerKey
from include.fusion.reading.spec import Detail, MappingContext, Origin, Row, SystemSpec
from include.fusion.sistemas.esus_ab.vital_signs import sinais

_CIAP = re.compile(r"-?[A-Z]?[0-9]{2,3}")
_CONTACTS = (
    ("CELULAR", "nu_telefone_celular"),
    ("RESIDENCIAL", "nu_telefone_residencial"),
    ("CONTATO", "nu_telefone_contato"),
    ("EMAIL", "ds_email"),
)
Profissionais = Mapping[Any, model.Profissional | None]
"""Key of a professional attendance (``co_seq_atend_prof``) → who did it."""


@sections.memoised(
    ("co_seq_prof", "no_profissional", "nu_cpf", "nu_cns", "co_cbo_2002", "sg_conselho_classe", "nu_conselho_classe"),
    optional=("uf_conselho",),
)
def _profissional(row: Row, ctx: MappingContext) -> model.Profissional | None:
    return sections.if_any(
        model.Profissional,
        codigo=values.to_code(row["co_seq_prof"]),
        nome=values.to_text(row["no_profissional"]),
        cpf=documents.cpf(row["nu_cpf"], ctx),
        cns=documents.cns(row["nu_cns"], ctx),
        cbo=documents.cbo(row["co_cbo_2002"]),
        conselho=values.to_text(row["sg_conselho_classe"]),
        numero_conselho=values.to_text(row["nu_conselho_classe"]),
        uf_conselho=documents.uf(row["uf_conselho"]),
    )


def _paciente(v: Row, ctx: MappingContext) -> model.Paciente:
    if v["co_seq_cidadao"] is None:
        raise InvalidRecord("paciente", "prontuário sem cidadão na origem")
    number = values.to_text(v["nu_numero"])
    return model.Paciente(
        codigo=str(v["co_seq_cidadao"]),
        nome=values.required(values.to_text(v["no_cidadao"]), "paciente.nome"),
        nome_social=values.to_text(v["no_social"]),
        nome_mae=values.to_text(v["no_mae"]),
        nome_pai=values.to_text(v["no_pai"]),
        data_nascimento=dates.to_date(v["dt_nascimento"], "paciente.dataNascimento"),
        data_obito=dates.to_date(v["dt_obito"], "paciente.dataObito"),
        sexo=ctx.depara.translate("sexo", v["no_sexo"]) or "IGNORADO",
        raca_cor=ctx.depara.translate("raca_cor", v["co_raca_cor"]),
        cpf=documents.cpf(v["nu_cpf"], ctx),
        cns=documents.cns(v["nu_cns"], ctx),
        endereco=sections.if_any(
            model.Endereco,
            logradouro=values.to_text(v["ds_logradouro"]),
            numero="S/N" if number is None and v["st_sem_numero"] == 1 else number,
            complemento=values.to_text(v["ds_complemento"]),
            bairro=values.to_text(v["no_bairro"]),
            cep=values.exact_digits(v["ds_cep"], 8),
            municipio=values.to_text(v["no_localidade"]),
            codigo_ibge=values.exact_digits(v["co_ibge"], 6, 7),
            uf=documents.uf(v["sg_uf"]),
        ),
        contatos=tuple(model.Contato(tipo=t, valor=x) for t, column in _CONTACTS if (x := values.to_text(v[column]))),
        ativo=values.boolean(v["st_ativo"], True),
        unificado_em=values.to_code(v["co_unificado_em"]),
    )


def _alergias(rows: Sequence[Row]) -> tuple[model.Alergia, ...]:
    # Rows come in the order they were written: the last review of an allergy in this visit wins.
    last = {row["co_unico_alergia"]: row for row in rows}
    return tuple(
        model.Alergia(
            codigo=str(key),
            substancia=values.to_text(x["substancia"]) or "Substância não informada",
            reacao="\n".join(t for t in (values.clinical_text(x["no_manifestacoes"]), values.clinical_text(x["no_evolucao"])) if t) or None,
            data_inicio=dates.to_date(x["dt_instalacao"], "alergias.dataInicio"),
        )
        for key, x in last.items()
    )


def _vacinas(rows: Sequence[Row], profs: Profissionais, ctx: MappingContext) -> tuple[model.Vacina, ...]:
    items = []
    for x in rows:
        missing = f"{values.MISSING} (registro {x['co_seq_registro_vacinacao']})"
        items.append(
            model.Vacina(
                codigo=str(x["co_seq_registro_vacinacao"]),
                imunobiologico=values.required(values.to_code(x["co_imunobiologico"]), "vacinas.imunobiologico", missing),
                nome=values.to_text(x["no_imunobiologico"]),
                dose=ctx.depara.translate("dose", x["co_dose_imunobiologico"]),
                estrategia=ctx.depara.translate("estrategia", x["co_estrategia_vacinacao"]),
                via=ctx.depara.translate("via", x["co_via_adm_vacina"]),
                local_aplicacao=values.to_text(x["no_local_apl_vacina"]),
                lote=values.to_text(x["ds_lote"]),
                validade_lote=dates.to_date(x["dt_validade"], "vacinas.validadeLote"),
                data_aplicacao=dates.date_time(x["dt_aplicacao"], ctx.zone, "vacinas.dataAplicacao"),
                aprazamento=dates.to_date(x["dt_aprazamento"], "vacinas.aprazamento"),
                registro_anterior=x["st_registro_anterior"] == 1,
                observacao=values.clinical_text(x["ds_observacoes"]),
                profissional=None if x["st_registro_anterior"] == 1 else profs.get(x["co_seq_atend_prof"]),
            )
        )
    return tuple(items)


def _diagnosticos(rows: Sequence[Row], profs: Profissionais, ctx: MappingContext) -> tuple[model.Diagnostico, ...]:
    items = []
    for x in rows:
        ciap = (values.to_code(x["co_ciap"]) or "").upper()
        name = values.to_text(x["no_cid10"]) or values.to_text(x["ds_ciap"])
        if ciap and not _CIAP.fullmatch(ciap):
            # PEC's own problem codes (ABP…) are not CIAP-2: they go into the description.
            name, ciap = f"{ciap} {name or ''}".strip(), ""
        items.append(
            model.Diagnostico(
                codigo=str(x["co_seq_evolucao_aval_ciap_cid"]),
                cid10=documents.cid(x["nu_cid10"], "diagnosticos.cid10"),
                ciap2=ciap or None,
                descricao=name,
                situacao=ctx.depara.translate("situacao_problema", x["co_situacao_problema"]),
                observacao=values.clinical_text(x["ds_nota"]),
                profissional=profs.get(x["co_seq_atend_prof"]),
            )
        )
    return tuple(items)


def _exames(rows: Sequence[Row], profs: Profissionais, ctx: MappingContext) -> tuple[model.Exame, ...]:
    return tuple(
        model.Exame(
            codigo=str(x["co_seq_exame_requisitado"]),
            procedimento=values.to_code(x["co_proced"]),
            nome=values.to_text(x["no_proced"]) or "Exame não identificado",
            solicitado_em=dates.date_time(x["dt_solicitacao"], ctx.zone, "exames.solicitadoEm"),
            realizado_em=dates.date_time(x["dt_realizacao"], ctx.zone, "exames.realizadoEm"),
            resultado_em=dates.date_time(x["dt_resultado"], ctx.zone, "exames.resultadoEm"),
            laudo=values.clinical_text(x["ds_resultado"]),
            profissional=profs.get(x["co_seq_atend_prof"]),
        )
        for x in rows
    )


def _solicitacoes(rows: Sequence[Row], profs: Profissionais, ctx: MappingContext) -> tuple[model.SolicitacaoExame, ...]:
    return tuple(
        model.SolicitacaoExame(
            codigo=str(x["co_seq_exame_requisitado"]),
            procedimento=values.to_code(x["co_proced"]),
            nome=values.to_text(x["no_proced"]) or "Exame não identificado",
            tipo=ctx.depara.translate("tipo_exame", x["tp_exame"]) or "OUTRO",
            solicitado_em=dates.date_time(x["dt_solicitacao"], ctx.zone, "solicitacoesExame.solicitadoEm"),
            justificativa=values.clinical_text(x["ds_justificativa_procedimento"]),
            observacao=values.clinical_text(x["ds_observacao"]),
            cid10=documents.cid(x["nu_cid10"], "solicitacoesExame.cid10"),
            profissional=profs.get(x["co_seq_atend_prof"]),
        )
        for x in rows
    )


def _frequency(x: Row) -> str | None:
    if values.boolean(x["st_dose_unica"]):
        return "Dose única"
    value = values.to_text(x["ds_frequencia_dose"])
    kind = (values.to_text(x["tipo_frequencia"]) or "").upper()
    if value is None or kind.startswith("TURNO"):
        return value
    if kind.startswith("INTERVALO"):
        return f"a cada {value} hora(s)"
    period, unit = values.to_text(x["qt_periodo_frequencia"]), values.to_text(x["no_unidade_medida_tempo"])
    return f"{value} vez(es) a cada {period} {unit.lower()}(s)" if period and unit else value


def _prescricoes(rows: Sequence[Row], profs: Profissionais, starts: Mapping[Any, Any], ctx: MappingContext) -> tuple[model.Prescricao, ...]:
    return tuple(
        model.Prescricao(
            codigo=str(x["co_seq_receita_medicamento"]),
            medicamento=values.to_code(x["co_catmat"]),
            nome=values.to_text(x["no_principio_ativo"]) or "Medicamento não identificado",
            concentracao=values.to_text(x["ds_concentracao"]),
            dose=values.to_text(x["ds_dose"]),
            unidade_dose=values.to_text(x["ds_unidade_fornecimento"]),
            via=ctx.depara.translate("via", x["co_aplicacao_medicamento"]),
            frequencia=_frequency(x),
            posologia=values.clinical_text(x["no_posologia"]),
            quantidade=numbers.to_number(x["qt_receitada"], "prescricoes.quantidade"),
            uso_continuo=values.boolean(x["st_uso_continuo"]),
            inicio=dates.to_date(x["dt_inicio_tratamento"], "prescricoes.inicio"),
            fim=dates.to_date(x["dt_fim_tratamento"], "prescricoes.fim"),
            # A prescription has no time of its own: it takes that of its professional attendance.
            prescrito_em=dates.date_time(starts.get(x["co_seq_atend_prof"]), ctx.zone, "prescricoes.prescritoEm"),
            suspenso=values.boolean(x["st_interrompido"]),
            recomendacao=values.clinical_text(x["ds_recomendacao"]),
            profissional=profs.get(x["co_seq_atend_prof"]),
        )
        for x in rows
    )


def _evolucoes(rows: Sequence[Row], shifts: Mapping[Any, Row], profs: Profissionais, ctx: MappingContext) -> tuple[model.Evolucao, ...]:
    items = []
    for x in rows:
        soap = [values.clinical_text(x[c]) for c in ("ds_subjetivo", "ds_objetivo", "ds_avaliacao", "ds_plano")]
        if not any(soap):
            continue
        shift = shifts.get(x["co_seq_atend_prof"], {})
        items.append(
            model.Evolucao(
                codigo=str(x["co_seq_atend_prof"]),
                tipo=values.to_text(shift.get("no_tipo_atend_prof")),
                data=dates.date_time(shift.get("dt_inicio"), ctx.zone, "evolucoes.data"),
                subjetivo=soap[0],
                objetivo=soap[1],
                avaliacao=soap[2],
                plano=soap[3],
                profissional=profs.get(x["co_seq_atend_prof"]),
            )
        )
    return tuple(items)


def _procedimentos(rows: Sequence[Row], profs: Profissionais) -> tuple[model.Procedimento, ...]:
    return tuple(
        model.Procedimento(
            codigo=f"{x['co_seq_atend_prof']}-{x['co_seq_proced']}",
            procedimento=values.to_code(x["co_proced"]) or str(x["co_seq_proced"]),
            nome=values.to_text(x["no_proced"]),
            quantidade=x["quantidade"],
            profissional=profs.get(x["co_seq_atend_prof"]),
        )
        for x in rows
    )


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> model.Atendimento:
    """One visit with its detail rows → canonical attendance. Raises ``InvalidRecord`` or ``pydantic.ValidationError``."""

    def rows(name: str) -> Sequence[Row]:
        return sections.rows(data, name)

    visit = sections.only_row(data, "atendimento")
    shifts = {x["co_seq_atend_prof"]: x for x in rows("profissionais")}
    profs = {key: sections.within("profissional", _profissional, x, ctx) for key, x in shifts.items()}
    # The visit may point to a cancelled professional attendance: then the last one that is not cancelled counts.
    last = visit["co_atend_prof"] if visit["co_atend_prof"] in shifts else max(shifts, default=None)
    starts = {key: x["dt_inicio"] for key, x in shifts.items()}
    responsible = shifts.get(last) or next(iter(rows("responsavel")), None)
    status = "CANCELADO" if visit["cancelado"] == 1 else ctx.depara.translate("situacao_atendimento", visit["st_atend"])
    start = dates.date_time(visit["dt_inicio"], ctx.zone, "dataInicio")
    assert start is not None and status is not None, "both columns are NOT NULL in every PEC"
    return model.Atendimento(
        codigo=str(visit["chave"]),
        paciente=sections.within("paciente", _paciente, visit, ctx),
        tipo="ATENCAO_BASICA",
        situacao=status,
        data_inicio=start,
        data_fim=dates.date_time(visit["dt_fim"], ctx.zone, "dataFim"),
        unidade=sections.repeated(
            model.Unidade,
            codigo=values.to_code(visit["co_seq_unidade_saude"]),
            cnes=values.exact_digits(visit["nu_cnes"], 7),
            nome=values.to_text(visit["no_unidade_saude"]),
        ),
        equipe=sections.repeated(model.Equipe, ine=values.exact_digits(visit["nu_ine"], 10), nome=values.to_text(visit["no_equipe"])),
        especialidade=responsible and values.to_text(responsible["no_cbo"]),
        profissional=profs[last] if last in profs else responsible and sections.within("profissional", _profissional, responsible, ctx),
        alergias=sections.within("alergias", _alergias, rows("alergias")),
        vacinas=sections.within("vacinas", _vacinas, rows("vacinas"), profs, ctx),
        diagnosticos=sections.within("diagnosticos", _diagnosticos, rows("diagnosticos"), profs, ctx),
        exames=sections.within("exames", _exames, rows("exames"), profs, ctx),
        solicitacoes_exame=sections.within("solicitacoes_exame", _solicitacoes, rows("solicitacoes_exame"), profs, ctx),
        prescricoes=sections.within("prescricoes", _prescricoes, rows("prescricoes"), profs, starts, ctx),
        evolucoes=sections.within("evolucoes", _evolucoes, rows("evolucoes"), shifts, profs, ctx),
        sinais_vitais=sections.within("sinais_vitais", sinais, rows("medicoes"), profs, ctx),
        procedimentos=sections.within("procedimentos", _procedimentos, rows("procedimentos"), profs),
        atualizado_em=dates.date_time(visit["dt_ultima_alteracao_status"], ctx.zone, "atualizadoEm"),
    )


SYSTEM = SystemSpec(
    nome="esus_ab",
    origins=(
        Origin("status", ("tb_atend.dt_ultima_alteracao_status",)),
        Origin("cidadao", ("tb_cidadao.dt_atualizado",)),
        Origin("retificacao", ("tb_retificacao_atend.dt_exclusao", "tb_retificacao_atend.co_unico_atend_prof")),
        Origin("unificacao", ("tb_prontuario_grupo_historico.dt_unificacao", "tb_prontuario.co_prontuario_grupo")),
        Origin("auditoria_evolucao", tuple(f"ta_evolucao_{x}.dt_auditoria" for x in ("subjetivo", "objetivo", "avaliacao", "plano"))),
        Origin(
            "auditoria_itens",
            (
                *(f"ta_{x}.dt_auditoria" for x in ("medicao", "receita_medicamento", "exame_requisitado")),
                "ta_exame_requisitado.co_atend_prof_solicitacao",
            ),
        ),
        Origin("revisao", ("tb_revisao.dt_revisao", "tl_atend_prof.co_revisao", "tl_medicao.co_revisao")),
    ),
    details=(
        Detail("atendimento"),
        Detail(
            "profissionais",
            (("read_profissionais.sql", ("tb_prof.no_civil_profissional",)), ("read_profissionais_old.sql", ("tb_prof.no_profissional",))),
        ),
        Detail(
            "responsavel",
            (
                ("read_responsavel.sql", ("tb_atend.co_responsavel", "tb_prof.no_civil_profissional")),
                ("read_responsavel_mixed.sql", ("tb_atend.co_responsavel", "tb_prof.no_profissional")),
                ("read_responsavel_old.sql", ("tb_atend.co_lotacao", "tb_prof.no_profissional")),
            ),
            optional=True,
        ),
        Detail("evolucoes"),
        Detail("diagnosticos"),
        Detail("medicoes"),
        Detail("vacinas"),
        Detail(
            "solicitacoes_exame",
            (
                ("read_solicitacoes_exame.sql", ("tb_exame_requisitado.co_atend_prof_solicitacao",)),
                ("read_solicitacoes_exame_old.sql", ("tb_exame_requisitado.co_atend_prof",)),
            ),
        ),
        Detail("exames"),
        Detail("prescricoes", (("read_prescricoes.sql", ("tb_receita_medicamento.st_interrompido",)), ("read_prescricoes_old.sql", ()))),
        Detail("procedimentos"),
        Detail(
            "alergias",
            (
                ("read_alergias.sql", ("tb_alergia.co_substancia_especifica", "tb_substancia_espec_alergia.no_substancia_espec_alergia")),
                ("read_alergias_old.sql", ("tb_alergia.no_substancia_especifica",)),
            ),
            optional=True,
        ),
    ),
    map_record=map_record,
    key_type=int,
    # A chart without a citizen is its own patient, by the chart's number below zero.
    paciente_key_type=IntegerKey(signed=True),
)

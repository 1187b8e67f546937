"""Tasy: notes, prescriptions, requested procedures, diagnoses and allergies of one attendance."""

from __future__ import annotations

from collections.abc import Sequence

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, documents, numbers, values
from include.fusion.model.atendimento import Alergia, Diagnostico, Evolucao, Prescricao, SolicitacaoExame
from include.fusion.reading.spec import MappingContext, Row
from include.fusion.sistemas.tasy.patient import profissional


def evolucoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[Evolucao, ...]:
    """Notes as plain text. One without text (only a picture) is left out."""
    return tuple(
        Evolucao(
            codigo=str(x["cd_evolucao"]),
            tipo=ctx.depara.translate("tipo_evolucao", x["ie_evolucao_clinica"], x["ie_tipo_evolucao"]),
            data=dates.date_time(x["dt_evolucao"], ctx.zone, "evolucoes.data"),
            texto=text,
            profissional=profissional(x, ctx),
        )
        for x in rows
        if (text := values.to_note(x["ds_evolucao"], "evolucoes.texto", f"evolução {x['cd_evolucao']}")) is not None
    )


def _key(x: Row) -> str:
    return f"{x['nr_prescricao']}-{x['nr_sequencia']}"


def _prescricao(x: Row, ctx: MappingContext) -> Prescricao:
    quantity = numbers.to_number(x["qt_dose"], "prescricoes.quantidade")
    return Prescricao(
        codigo=_key(x),
        medicamento=ctx.depara.translate("medicamentos", x["cd_material"]),
        nome=values.to_text(x["ds_material"]) or values.to_text(x["ds_reduzida"]) or "Item não identificado",
        dose=numbers.written_number(quantity),
        unidade_dose=values.to_text(x["cd_unidade_medida_dose"]),
        via=ctx.depara.translate("vias", x["ie_via_aplicacao"]),
        frequencia=ctx.depara.translate("intervalos", x["cd_intervalo"]),
        quantidade=quantity,
        inicio=dates.to_date(x["dt_inicio_medic"], "prescricoes.inicio"),
        fim=dates.to_date(x["dt_validade_prescr"], "prescricoes.fim"),
        prescrito_em=dates.date_time(x["dt_prescricao"], ctx.zone, "prescricoes.prescritoEm"),
        suspenso=values.boolean(x["ie_suspenso"]) or x["dt_suspensao"] is not None or x["prescricao_suspensa"] is not None,
        profissional=profissional(x, ctx),
    )


def prescricoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[Prescricao, ...]:
    """Medicines. A suspended one stays as suspended, because it may have been given."""
    return tuple(_prescricao(x, ctx) for x in rows)


def solicitacoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[SolicitacaoExame, ...]:
    """Requested procedures."""
    return tuple(
        SolicitacaoExame(
            codigo=_key(x),
            procedimento=(procedimento := values.to_code(x["cd_procedimento"])),
            nome=values.to_text(x["ds_proc_exame"]) or f"Procedimento {procedimento or 'não identificado'}",
            solicitado_em=dates.date_time(x["dt_prescricao"], ctx.zone, "solicitacoesExame.solicitadoEm"),
            profissional=profissional(x, ctx),
        )
        for x in rows
    )


def diagnosticos(rows: Sequence[Row], ctx: MappingContext) -> tuple[Diagnostico, ...]:
    """Diagnoses. The key of one is its moment and code. Raises ``InvalidRecord`` when one of the two is missing."""
    items = []
    for x in rows:
        when = dates.date_time(x["dt_diagnostico"], ctx.zone, "diagnosticos.data")
        cid10 = documents.cid(x["cd_doenca"], "diagnosticos.cid10")
        if when is None or cid10 is None:
            raise InvalidRecord("diagnosticos.data" if when is None else "diagnosticos.cid10", "não preenchido na origem")
        items.append(
            Diagnostico(
                codigo=f"{when:%Y%m%d%H%M%S}-{values.to_code(x['cd_doenca'])}",
                cid10=cid10,
                descricao=values.to_text(x["ds_doenca_cid"]),
                tipo=ctx.depara.translate("tipo_diagnostico", x["ie_classificacao_doenca"]) or "SECUNDARIO",
                data=when,
            )
        )
    return tuple(items)


def _denies(x: Row) -> bool:
    return values.boolean(x["ie_nega_alergias"], field="alergias.nega")


def _medicine(x: Row) -> str | None:
    return values.to_text(x["ds_reduzida"]) or values.to_text(x["ds_medic_nao_cad"])


def _denies_all(x: Row) -> bool:
    """Whether it denies every allergy: it names no medicine."""
    return _denies(x) and _medicine(x) is None


def nega_alergias(rows: Sequence[Row]) -> bool | None:
    """``True`` if a row denies every allergy and no row has a real one; ``None``: unknown."""
    return True if any(map(_denies_all, rows)) and all(map(_denies, rows)) else None


def alergias(rows: Sequence[Row], ctx: MappingContext) -> tuple[Alergia, ...]:
    """Real allergies, and denials of one medicine. A denial of all is not an item (:func:`nega_alergias`)."""
    denied = nega_alergias(rows)
    items = []
    for x in rows:
        if denied or _denies_all(x):
            continue
        kind, medicine = values.to_text(x["ds_tipo_alergia"]), _medicine(x)
        notes = [t for t in (values.to_text(x["ds_reacao"]), values.clinical_text(x["ds_observacao"])) if t]
        items.append(
            Alergia(
                codigo=str(x["nr_sequencia"]),
                substancia=medicine or kind or "Substância não informada",
                nega=_denies(x),
                categoria="MEDICAMENTO" if medicine else ctx.depara.translate("categoria_alergia", kind) or "OUTRA",
                reacao="\n".join(notes) or None,
            )
        )
    return tuple(items)

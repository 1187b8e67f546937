"""TrackCare: the clinical rows of an episode → HL7 values. A row that cannot be read is refused alone."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from include.fusion.errors import InvalidRecord
from include.fusion.hl7.build import values as hl7_values
from include.fusion.hl7.build.oru import code_of_sinal
from include.fusion.mapping import documents, numbers, values, vital_signs
from include.fusion.model.atendimento import SINAIS
from include.fusion.reading.spec import Row
from include.fusion.sistemas.trackcare.context import DO_NOT_SEND, NOT_FILLED, Collector, TrackCareContext, day, key, moment, profissional

_T = TypeVar("_T")
_CONTROLS = {"ATIVO": ("NW", "IP"), "EXECUTADO": ("NW", "CM"), "DESCONTINUADO": ("DC", "DC"), "CANCELADO": ("CA", "CA")}
"""Word of De/Para ``situacao_pedido`` → ORC-1, ORC-5."""
NO_SHOW = "NAO_COMPARECEU"


def each(
    rows: Iterable[Row], column: str, read: Callable[[Row, TrackCareContext], _T | None], ctx: TrackCareContext, collector: Collector
) -> list[_T]:
    """``read(row, ctx)`` of every row, without ``None``. ``collector`` gets the refused rows, each by its key in ``column``."""
    done = []
    for x in rows:
        try:
            value = read(x, ctx)
        except InvalidRecord as error:
            collector.refuse(f"{column} {key(x[column])}", error)
        else:
            if value is not None:
                done.append(value)
    return done


def diagnostico(x: Row, ctx: TrackCareContext) -> hl7_values.Diagnostico | None:
    """Entered in error or ruled out: with action D, or ``None`` if it can never have been sent."""
    ruled_out = ctx.depara.translate("situacao_diagnostico", x["mrdia_diagstat_dr"]) == DO_NOT_SEND
    if not ruled_out and ctx.depara.translate("situacao_registro", x["mrdia_entrystatus"]) != "ERRO":
        return _diagnostico(x, ctx)
    try:
        return replace(_diagnostico(x, ctx), acao="D")
    except InvalidRecord:
        return None


def _diagnostico(x: Row, ctx: TrackCareContext) -> hl7_values.Diagnostico:
    code = documents.cid(x["mrcid_code"], "diagnosticos.cid10")
    text = values.to_text(x["mrdia_desc"]) or values.to_text(x["mrcid_desc"])
    values.required(code or text, "diagnosticos.cid10")
    return hl7_values.Diagnostico(
        codigo=key(x["mrdia_rowid"]),
        diagnostico=hl7_values.Codigo(code, text, "I10"),
        tipo=ctx.depara.translate("tipo_diagnostico", x["mrdia_diagnosistype_dr"]) or "W",
        quando=moment(x["mrdia_date"], x["mrdia_time"], ctx.zone, "diagnosticos.data"),
        principal=values.boolean(x["mrdia_principle"]),
        profissional=profissional(x),
    )


def procedimento(x: Row, ctx: TrackCareContext) -> hl7_values.Procedimento:
    code, text = values.to_code(x["oper_code"]), values.to_text(x["oper_desc"])
    values.required(code or text, "procedimentos.procedimento")
    when = moment(x["proc_procdate"], x["proc_timestart"], ctx.zone, "procedimentos.data")
    what, when = hl7_values.Codigo(code, text), values.required(when, "procedimentos.data", NOT_FILLED)
    return hl7_values.Procedimento(key(x["proc_rowid"]), what, when, "P", profissional=profissional(x))


def note(x: Row, ctx: TrackCareContext) -> hl7_values.Nota | None:
    """``None`` for a type that is not sent. Entered in error, without text or a draft (again): cancelled, without text."""
    kind = ctx.depara.translate("tipos_nota", x["not_clinnotestype_dr"]) or DO_NOT_SEND
    if kind == DO_NOT_SEND:
        return None
    text = values.clinical_text(x["not_notes"])
    completion = ctx.depara.translate("situacao_nota", x["not_status_dr"]) or "AU"
    if text is None or completion == DO_NOT_SEND or values.to_code(x["not_errorreason_dr"]) is not None:
        return hl7_values.Nota(key(x["not_rowid"]), kind, "", autor=profissional(x), cancelada=True)
    when = moment(x["not_date"] if x["not_date"] is not None else x["not_createdate"], x["not_time"], ctx.zone, "notas.data")
    return hl7_values.Nota(
        key(x["not_rowid"]), kind, text, values.required(when, "notas.data", NOT_FILLED), autor=profissional(x), completa=completion
    )


def medicamento(x: Row, ctx: TrackCareContext) -> hl7_values.Medicamento | None:
    """``None`` if the item is not a medicine."""
    if ctx.depara.translate("categorias_item", x["arcic_code"]) != "MEDICAMENTO":
        return None
    status = ctx.depara.translate("situacao_pedido", x["ostat_code"]) or "ATIVO"
    if status not in _CONTROLS:
        raise InvalidRecord("prescricoes.situacao", f"o De/Para de {values.to_code(x['ostat_code'])} não é uma situação conhecida")
    medication = hl7_values.Codigo(values.to_code(x["arcim_code"]), values.to_text(x["arcim_desc"]))
    values.required(medication.codigo or medication.descricao, "prescricoes.medicamento")
    dose = numbers.to_number(x["oeori_doseqty"], "prescricoes.dose")
    unit = hl7_values.Codigo(values.to_code(x["ctuom_code"]), values.to_text(x["ctuom_desc"]))
    control, state = _CONTROLS[status]
    if control != "CA" and (dose is None or (unit.codigo is None and unit.descricao is None)):
        # RXE-3 and RXE-5 are required, and nobody may invent a dose. A cancelled order needs none.
        raise InvalidRecord("prescricoes.dose", "dose ou unidade não preenchida na origem")
    frequency = ctx.depara.translate("frequencias", x["oeori_phfreq_dr"])
    return hl7_values.Medicamento(
        codigo=key(x["oeori_rowid"]),
        medicamento=medication,
        dose=dose,
        unidade=unit,
        via=hl7_values.Codigo(ctx.depara.translate("vias", x["oeori_route_dr"]) or "OTH"),
        controle=control,
        situacao=state,
        frequencia=hl7_values.Codigo(None, frequency) if frequency else None,
        inicio=moment(x["oeori_sttdat"], x["oeori_stttim"], ctx.zone, "prescricoes.inicio"),
        # A day, which is included: midnight would end the treatment a day early.
        fim=day(x["oeori_enddate"], "prescricoes.fim"),
        quantidade=numbers.to_number(x["oeori_phqtyord"], "prescricoes.quantidade"),
        pedido_em=moment(x["oeori_date"], x["oeori_timeord"], ctx.zone, "prescricoes.data"),
        prescritor=profissional(x),
    )


def cirurgia(x: Row, ctx: TrackCareContext) -> hl7_values.CirurgiaHl7:
    """``situacao`` is a code of table 0278, or :data:`NO_SHOW`."""
    code, text = values.to_code(x["oper_code"]), values.to_text(x["oper_desc"]) or values.to_text(x["rbop_procedure"])
    values.required(code or text, "cirurgias.procedimento")
    start = moment(x["rbop_dateoper"], x["rbop_timeoper"], ctx.zone, "cirurgias.inicio")
    room = ctx.depara.translate("salas", x["rbop_resource_dr"])
    return hl7_values.CirurgiaHl7(
        codigo=key(x["rbop_rowid"]),
        procedimento=hl7_values.Codigo(code, text),
        inicio=values.required(start, "cirurgias.inicio", NOT_FILLED),
        situacao=ctx.depara.translate("situacao_cirurgia", x["rbop_status"]) or "Booked",
        sala=hl7_values.Local(None, room) if room else None,
        cirurgiao=profissional(x),
    )


def _observation(x: Row, ctx: TrackCareContext) -> tuple[str, datetime, hl7_values.Observacao] | None:
    """(episode, moment, value); ``None`` if it is not a vital sign. Entered in error or without a value: status D, no value."""
    sign = _sign(x, ctx)
    when = moment(x["obs_date"], x["obs_time"], ctx.zone, "sinaisVitais.data")
    if sign == DO_NOT_SEND or when is None:
        return None
    value, where = None, key(x["obs_rowid"])
    if values.to_code(x["obs_errorreason_dr"]) is None and values.to_text(x["obs_value"]) is not None:
        factor = vital_signs.factor(sign, ctx.depara.translate("unidades", x["ctuom_code"]), where)
        value = vital_signs.measure(sign, x["obs_value"], where, factor)
    number, status = where.rpartition("||")[2], "D" if value is None else "F"
    return key(x["mradm_rowid"]), when, hl7_values.Observacao(code_of_sinal(sign), value, SINAIS[sign], when, status, numero=number)


def _sign(x: Row, ctx: TrackCareContext) -> str:
    name = values.to_text(x["itm_desc"])
    plain = name and "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    word = ctx.depara.translate("sinais_vitais", x["itm_code"], name, plain) or DO_NOT_SEND
    if word not in SINAIS and word != DO_NOT_SEND:
        raise InvalidRecord("sinaisVitais.sinal", f"o De/Para de {values.to_code(x['itm_code'])} não é um sinal vital conhecido")
    return word


def panels(rows: Sequence[Row], ctx: TrackCareContext, collector: Collector) -> list[hl7_values.Painel]:
    """Observations of one episode at one moment, in the order of the rows."""
    found: defaultdict[tuple[str, datetime], list[hl7_values.Observacao]] = defaultdict(list)
    for episode, when, value in each(rows, "obs_rowid", _observation, ctx, collector):
        found[episode, when].append(value)
    return [hl7_values.Painel(f"{episode}-{when:%Y%m%d%H%M%S}", when, tuple(items)) for (episode, when), items in found.items()]

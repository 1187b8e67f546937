"""TrackCare: what hangs below an episode, row by row → HL7 values. A row that cannot be read is refused alone."""

from __future__ import annotations

import unicodedata
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
from include.fusion.sistemas.trackcare.context import DO_NOT_SEND, Collector, TrackCareContext, day, key, moment, profissional

_T = TypeVar("_T")
_FACTORS = {("kg", "g"): 0.001, ("cm", "m"): 100.0}
"""(unit of the sign, unit it was taken in) → factor; any other difference is refused."""
_CONTROLS = {"ATIVO": ("NW", "IP"), "EXECUTADO": ("NW", "CM"), "DESCONTINUADO": ("DC", "DC"), "CANCELADO": ("CA", "CA")}
"""Word of De/Para ``situacao_pedido`` → ORC-1, ORC-5."""
NO_SHOW = "NAO_COMPARECEU"


def each(rows: Iterable[Row], column: str, collector: Collector, do: Callable[[Row], _T | None]) -> list[_T]:
    """``do`` of every row; the refused ones into ``collector`` with their key, ``None`` left out."""
    feitos = []
    for x in rows:
        try:
            done = do(x)
        except InvalidRecord as error:
            collector.refuse(f"{column} {key(x[column])}", error)
        else:
            if done is not None:
                feitos.append(done)
    return feitos


def required(value: datetime | None, field: str) -> datetime:
    if value is None:
        raise InvalidRecord(field, "não preenchida na origem")
    return value


def diagnostico(x: Row, ctx: TrackCareContext) -> hl7_values.Diagnostico | None:
    """One entered in error or ruled out comes with action D, or not at all where it could never have been sent."""
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
    if code is None and text is None:
        raise InvalidRecord("diagnosticos.cid10", "não preenchido na origem")
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
    if code is None and text is None:
        raise InvalidRecord("procedimentos.procedimento", "não preenchido na origem")
    when = moment(x["proc_procdate"], x["proc_timestart"], ctx.zone, "procedimentos.data")
    return hl7_values.Procedimento(
        key(x["proc_rowid"]),
        hl7_values.Codigo(code, text),
        required(when, "procedimentos.data"),
        "P",
        profissional=profissional(x),
    )


def note(x: Row, ctx: TrackCareContext) -> hl7_values.Nota | None:
    """``None`` for a type that does not travel. One entered in error, emptied or a draft (again) comes withdrawn, without a text."""
    kind = ctx.depara.translate("tipos_nota", x["not_clinnotestype_dr"]) or DO_NOT_SEND
    if kind == DO_NOT_SEND:
        return None
    text = values.clinical_text(x["not_notes"])
    completion = ctx.depara.translate("situacao_nota", x["not_status_dr"]) or "AU"
    if text is None or completion == DO_NOT_SEND or values.to_code(x["not_errorreason_dr"]) is not None:
        return hl7_values.Nota(key(x["not_rowid"]), kind, "", autor=profissional(x), cancelada=True)
    when = moment(x["not_date"] if x["not_date"] is not None else x["not_createdate"], x["not_time"], ctx.zone, "notas.data")
    return hl7_values.Nota(key(x["not_rowid"]), kind, text, required(when, "notas.data"), autor=profissional(x), completa=completion)


def medicamento(x: Row, ctx: TrackCareContext) -> hl7_values.Medicamento | None:
    """``None`` for what is no medicine."""
    if ctx.depara.translate("categorias_item", x["arcic_code"]) != "MEDICAMENTO":
        return None
    status = ctx.depara.translate("situacao_pedido", x["ostat_code"]) or "ATIVO"
    if status not in _CONTROLS:
        raise InvalidRecord("prescricoes.situacao", f"o De/Para de {values.to_code(x['ostat_code'])} não é uma situação conhecida")
    medication = hl7_values.Codigo(values.to_code(x["arcim_code"]), values.to_text(x["arcim_desc"]))
    if medication.codigo is None and medication.descricao is None:
        raise InvalidRecord("prescricoes.medicamento", "não preenchido na origem")
    dose = numbers.to_number(x["oeori_doseqty"], "prescricoes.dose")
    unit = hl7_values.Codigo(values.to_code(x["ctuom_code"]), values.to_text(x["ctuom_desc"]))
    control_id, state = _CONTROLS[status]
    if control_id != "CA" and (dose is None or (unit.codigo is None and unit.descricao is None)):
        # RXE-3 and RXE-5 are required: a dose must not be invented. A cancelled order needs none, and must not stay alive for want of it.
        raise InvalidRecord("prescricoes.dose", "dose ou unidade não preenchida na origem")
    frequency = ctx.depara.translate("frequencias", x["oeori_phfreq_dr"])
    return hl7_values.Medicamento(
        codigo=key(x["oeori_rowid"]),
        medicamento=medication,
        dose=dose,
        unidade=unit,
        via=hl7_values.Codigo(ctx.depara.translate("vias", x["oeori_route_dr"]) or "OTH"),
        controle=control_id,
        situacao=state,
        frequencia=hl7_values.Codigo(None, frequency) if frequency else None,
        inicio=moment(x["oeori_sttdat"], x["oeori_stttim"], ctx.zone, "prescricoes.inicio"),
        # A day, which counts: its midnight would end the treatment a day early.
        fim=day(x["oeori_enddate"], "prescricoes.fim"),
        quantidade=numbers.to_number(x["oeori_phqtyord"], "prescricoes.quantidade"),
        pedido_em=moment(x["oeori_date"], x["oeori_timeord"], ctx.zone, "prescricoes.data"),
        prescritor=profissional(x),
    )


def cirurgia(x: Row, ctx: TrackCareContext) -> hl7_values.CirurgiaHl7:
    """``situacao`` is a code of table 0278, or :data:`NO_SHOW`."""
    code, text = values.to_code(x["oper_code"]), values.to_text(x["oper_desc"]) or values.to_text(x["rbop_procedure"])
    if code is None and text is None:
        raise InvalidRecord("cirurgias.procedimento", "não preenchido na origem")
    start = moment(x["rbop_dateoper"], x["rbop_timeoper"], ctx.zone, "cirurgias.inicio")
    sala = ctx.depara.translate("salas", x["rbop_resource_dr"])
    return hl7_values.CirurgiaHl7(
        codigo=key(x["rbop_rowid"]),
        procedimento=hl7_values.Codigo(code, text),
        inicio=required(start, "cirurgias.inicio"),
        situacao=ctx.depara.translate("situacao_cirurgia", x["rbop_status"]) or "Booked",
        sala=hl7_values.Local(None, sala) if sala else None,
        cirurgiao=profissional(x),
    )


def observation(x: Row, ctx: TrackCareContext) -> hl7_values.Observacao | None:
    """``None`` for what is no vital sign. One entered in error, or whose value was emptied, comes with status D and without a value."""
    word = _sinal(x, ctx)
    when = moment(x["obs_date"], x["obs_time"], ctx.zone, "sinaisVitais.data")
    if word == DO_NOT_SEND or when is None:
        return None
    value = None
    if values.to_code(x["obs_errorreason_dr"]) is None and values.to_text(x["obs_value"]) is not None:
        value = vital_signs.measure(word, x["obs_value"], key(x["obs_rowid"]), _factor(word, x, ctx))
    number = key(x["obs_rowid"]).rpartition("||")[2]
    return hl7_values.Observacao(code_of_sinal(word), value, SINAIS[word], when, "D" if value is None else "F", numero=number)


def _sinal(x: Row, ctx: TrackCareContext) -> str:
    name = values.to_text(x["itm_desc"])
    word = ctx.depara.translate("sinais_vitais", x["itm_code"], name, name and _without_accents(name)) or DO_NOT_SEND
    if word not in SINAIS and word != DO_NOT_SEND:
        raise InvalidRecord("sinaisVitais.sinal", f"o De/Para de {values.to_code(x['itm_code'])} não é um sinal vital conhecido")
    return word


def _without_accents(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def _factor(sinal: str, x: Row, ctx: TrackCareContext) -> float:
    unit = ctx.depara.translate("unidades", x["ctuom_code"])
    if unit is None or unit == SINAIS[sinal]:
        return 1
    try:
        return _FACTORS[SINAIS[sinal], unit]
    except KeyError:
        raise vital_signs.unreadable(sinal, f"unidade diferente de {SINAIS[sinal]}", key(x["obs_rowid"])) from None


def panels(rows: Sequence[Row], ctx: TrackCareContext, collector: Collector) -> list[hl7_values.Painel]:
    """Observations of one episode and moment together, in the order in which they were taken."""
    by_moment: dict[tuple[str, datetime], list[hl7_values.Observacao]] = {}

    def join(x: Row) -> None:
        if (read_row := observation(x, ctx)) is not None and read_row.quando is not None:
            by_moment.setdefault((key(x["mradm_rowid"]), read_row.quando), []).append(read_row)

    each(rows, "obs_rowid", collector, join)
    return [hl7_values.Painel(f"{mradm}-{when:%Y%m%d%H%M%S}", when, tuple(items)) for (mradm, when), items in by_moment.items()]

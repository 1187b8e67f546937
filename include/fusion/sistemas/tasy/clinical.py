"""Tasy: what an attendance carries, from notes to stays in units of care (``ATEND_PACIENTE_UNIDADE``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, documents, numbers, values, vital_signs
from include.fusion.model import atendimento as model
from include.fusion.reading.spec import MappingContext, Row
from include.fusion.sistemas.tasy.patient import profissional

# No known column tells an ICU, so the name of the unit does. A site with other names replaces read_movimentacoes.sql.
_UTI = re.compile(r"(?<!\bSEMI[ -])\b(?:UTI|CTI|UCO|UCIN)N?\d*\b(?![ -]SEMI)|TERAPIA INTENSIVA", re.IGNORECASE)
_COLUMNS = {
    "PRESSAO_SISTOLICA": ("qt_pa_sistolica", ""),
    "PRESSAO_DIASTOLICA": ("qt_pa_diastolica", ""),
    "PRESSAO_MEDIA": ("qt_pam", ""),
    "FREQUENCIA_CARDIACA": ("qt_freq_cardiaca", ""),
    "FREQUENCIA_RESPIRATORIA": ("qt_freq_resp", ""),
    "TEMPERATURA": ("qt_temp", ""),
    "SATURACAO_O2": ("qt_saturacao_o2", ""),
    "PESO": ("qt_peso", "ie_unid_med_peso"),
    "ALTURA": ("qt_altura_cm", "ie_unid_med_altura"),
    "GLICEMIA_CAPILAR": ("qt_glicemia_capilar", ""),
    "DOR": ("qt_escala_dor", ""),
}
"""Sign → its column and the column of its unit (empty: the sign's own unit)."""


def evolucoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.Evolucao, ...]:
    """Notes as plain text. One without text (only a picture) is left out."""
    return tuple(
        model.Evolucao(
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


def prescricoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.Prescricao, ...]:
    """Medicines. A suspended one stays as suspended, because it may have been given."""
    return tuple(
        model.Prescricao(
            codigo=_key(x),
            medicamento=ctx.depara.translate("medicamentos", x["cd_material"]),
            nome=values.to_text(x["ds_material"]) or values.to_text(x["ds_reduzida"]) or "Item não identificado",
            dose=numbers.written_number(quantity := numbers.to_number(x["qt_dose"], "prescricoes.quantidade")),
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
        for x in rows
    )


def solicitacoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.SolicitacaoExame, ...]:
    """Requested procedures."""
    return tuple(
        model.SolicitacaoExame(
            codigo=_key(x),
            procedimento=(procedimento := values.to_code(x["cd_procedimento"])),
            nome=values.to_text(x["ds_proc_exame"]) or f"Procedimento {procedimento or 'não identificado'}",
            solicitado_em=dates.date_time(x["dt_prescricao"], ctx.zone, "solicitacoesExame.solicitadoEm"),
            profissional=profissional(x, ctx),
        )
        for x in rows
    )


def diagnosticos(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.Diagnostico, ...]:
    """Diagnoses. The key of one is its moment and code. Raises ``InvalidRecord`` when one of the two is missing."""
    items = []
    for x in rows:
        when = dates.date_time(x["dt_diagnostico"], ctx.zone, "diagnosticos.data")
        cid10 = documents.cid(x["cd_doenca"], "diagnosticos.cid10")
        when, cid10 = values.required(when, "diagnosticos.data"), values.required(cid10, "diagnosticos.cid10")
        items.append(
            model.Diagnostico(
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


def alergias(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.Alergia, ...]:
    """Real allergies, and denials of one medicine. A denial of all is not an item (:func:`nega_alergias`)."""
    denied = nega_alergias(rows)
    items = []
    for x in rows:
        if denied or _denies_all(x):
            continue
        kind, medicine = values.to_text(x["ds_tipo_alergia"]), _medicine(x)
        notes = [t for t in (values.to_text(x["ds_reacao"]), values.clinical_text(x["ds_observacao"])) if t]
        items.append(
            model.Alergia(
                codigo=str(x["nr_sequencia"]),
                substancia=medicine or kind or "Substância não informada",
                nega=_denies(x),
                categoria="MEDICAMENTO" if medicine else ctx.depara.translate("categoria_alergia", kind) or "OUTRA",
                reacao="\n".join(notes) or None,
            )
        )
    return tuple(items)


def sinais(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.SinalVital, ...]:
    """Every sign that has a value. A row without a moment was never taken.

    CD_PESSOA_FISICA of a row is the professional, CD_PACIENTE the patient. Another patient than that of the attendance refuses the record:
    only the hospital can tell which one is right, and a row that is silently left out would hide the mistake.
    """
    items = []
    for x in rows:
        where = f"sinal vital {x['nr_sequencia']}"
        owner = values.to_code(x["sinal_paciente"])
        if owner is not None and owner != values.to_code(x["atendimento_paciente"]):
            raise InvalidRecord("sinaisVitais.paciente", f"não é o paciente do atendimento ({where})")
        data = dates.date_time(x["dt_sinal_vital"], ctx.zone, "sinaisVitais.data")
        if data is None:
            continue
        author = profissional(x, ctx)
        for sign, (column, unit) in _COLUMNS.items():
            if x[column] is None:
                continue
            factor = vital_signs.factor(sign, ctx.depara.translate("unidades_afericao", x[unit]), where) if unit else 1
            if (value := vital_signs.measure(sign, x[column], where, factor)) is not None:
                key = f"{x['nr_sequencia']}-{sign}"
                items.append(
                    model.SinalVital(codigo=key, sinal=sign, valor=value, unidade=model.SINAIS[sign], data=data, profissional=author)
                )
    return tuple(items)


def _leito(x: Row, ctx: MappingContext) -> str | None:
    """The code of a bed is its unit (room) and its complement (bed in the room)."""
    parts = [p for c in ("cd_unidade_basica", "cd_unidade_compl") if (p := values.to_code(x[c]))]
    return ctx.depara.translate("leitos", "-".join(parts)) if parts else None


def _start(x: Row, ctx: MappingContext) -> datetime:
    start = dates.date_time(x["dt_entrada_unidade"], ctx.zone, "movimentacoesLeito.inicio")
    return values.required(start, "movimentacoesLeito.inicio", f"{values.MISSING} (passagem {x['nr_seq_interno']})")


def movimentacoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.MovimentacaoLeito, ...]:
    """Stays in order of time, first the admission; two of the same second in the order of their keys."""
    stays: list[model.MovimentacaoLeito] = []
    for start, number, x in sorted(((_start(x, ctx), int(x["nr_seq_interno"]), x) for x in rows), key=lambda s: s[:2]):
        sector = values.to_text(x["ds_setor_atendimento"])
        stays.append(
            model.MovimentacaoLeito(
                codigo=str(number),
                tipo="TRANSFERENCIA" if stays else "INTERNACAO",
                inicio=start,
                fim=dates.date_time(x["dt_saida_unidade"], ctx.zone, "movimentacoesLeito.fim"),
                leito=_leito(x, ctx),
                leito_anterior=stays[-1].leito if stays else None,
                setor=sector,
                uti=_UTI.search(" ".join((sector or "").split())) is not None,
            )
        )
    return tuple(stays)


def current(stays: Sequence[model.MovimentacaoLeito]) -> model.MovimentacaoLeito | None:
    """Where the patient is: the newest stay without an end, or else the last one."""
    return next((m for m in reversed(stays) if m.fim is None), stays[-1] if stays else None)

"""MV: notes, prescriptions, exam requests, diagnoses and allergies of one attendance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from include.fusion.mapping import dates, documents, numbers, values
from include.fusion.model.atendimento import Alergia, Diagnostico, Evolucao, Prescricao, SolicitacaoExame
from include.fusion.reading.spec import MappingContext, Row
from include.fusion.sistemas.mv.patient import profissional

_KIND_MAX = 100
_DENIES = "D"
_NO_SUBSTANCE = "Substância não informada"
_SEVERITIES = ("DESCONHECIDA", "LEVE", "MODERADA", "GRAVE")
_TIME = {"D": "dia(s)", "H": "hora(s)", "M": "mês(es)"}


def _documents(rows: Sequence[Row], ctx: MappingContext) -> Iterator[Evolucao]:
    texts: dict[Any, list[str]] = {}
    for x in rows:
        if part := values.to_note(x["ds_texto"], "evolucoes.texto", f"documento {x['cd_documento_clinico']}"):
            texts.setdefault(x["cd_documento_clinico"], []).append(part)
    first = {x["cd_documento_clinico"]: x for x in reversed(rows)}
    for key, parts in texts.items():
        x = first[key]
        moment = next((x[c] for c in ("dh_referencia", "dh_fechamento", "dh_criacao") if x[c] is not None), None)
        yield Evolucao(
            codigo=f"DOC-{key}",
            tipo=(values.to_text(x["nm_documento"]) or "")[:_KIND_MAX].strip() or None,
            data=dates.date_time(moment, ctx.zone, "evolucoes.data"),
            texto="\n\n".join(parts),
            profissional=profissional(x, ctx),
        )


def _notes_of_prescricoes(rows: Sequence[Row], ctx: MappingContext) -> Iterator[Evolucao]:
    for x in rows:
        if (text := values.to_note(x["ds_evolucao"], "evolucoes.texto", f"prescrição {x['cd_pre_med']}")) is not None:
            yield Evolucao(
                codigo=f"PRE-{x['cd_pre_med']}",
                tipo=ctx.depara.translate("tipo_evolucao", x["tp_pre_med"]),
                data=dates.date_and_time(x["dt_pre_med"], x["hr_pre_med"], ctx.zone, "evolucoes.data"),
                texto=text,
                profissional=profissional(x, ctx),
            )


def evolucoes(documents: Sequence[Row], of_prescricoes: Sequence[Row], ctx: MappingContext) -> tuple[Evolucao, ...]:
    """Notes of documents, which may have several texts each, and of prescriptions."""
    return (*_documents(documents, ctx), *_notes_of_prescricoes(of_prescricoes, ctx))


def _is_exame(x: Row) -> bool:
    return values.boolean(x["sn_exa_rx"]) or values.boolean(x["sn_exa_lab"])


def _cancelled(x: Row) -> bool:
    return values.boolean(x["sn_cancelado"]) or x["dh_cancelado"] is not None


def _prescrito_em(x: Row, ctx: MappingContext, field: str) -> Any:
    return dates.date_and_time(x["dt_pre_med"], x["hr_pre_med"], ctx.zone, field)


def _prescricao(x: Row, ctx: MappingContext) -> Prescricao:
    quantity = numbers.to_number(x["qt_itpre_med"], "prescricoes.quantidade")
    return Prescricao(
        codigo=str(x["cd_itpre_med"]),
        medicamento=ctx.depara.translate("medicamentos", x["cd_produto"]),
        nome=values.to_text(x["ds_produto"]) or values.to_text(x["ds_tip_presc"]) or "Item não identificado",
        dose=numbers.written_number(quantity),
        unidade_dose=values.to_text(x["ds_unidade"]),
        via=ctx.depara.translate("vias", x["cd_for_apl"], x["ds_for_apl"]),
        frequencia=values.to_text(x["ds_tip_fre"]),
        posologia=values.clinical_text(x["ds_itpre_med"]),
        quantidade=quantity,
        uso_continuo=values.boolean(x["sn_continuo"]),
        inicio=dates.to_date(x["dh_inicial"], "prescricoes.inicio"),
        fim=dates.to_date(x["dh_final"], "prescricoes.fim"),
        prescrito_em=_prescrito_em(x, ctx, "prescricoes.prescritoEm"),
        suspenso=_cancelled(x),
        profissional=profissional(x, ctx),
    )


def prescricoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[Prescricao, ...]:
    """Items that are not exams. A cancelled one stays as suspended, because it may have been given."""
    return tuple(_prescricao(x, ctx) for x in rows if not _is_exame(x))


def solicitacoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[SolicitacaoExame, ...]:
    """Prescribed exams, without the cancelled ones: a request has no field to say so."""
    return tuple(
        SolicitacaoExame(
            codigo=str(x["cd_itpre_med"]),
            procedimento=values.to_code(x["cd_produto"]),
            nome=values.to_text(x["ds_tip_presc"]) or values.to_text(x["ds_produto"]) or "Exame não identificado",
            tipo="LABORATORIAL" if values.boolean(x["sn_exa_lab"]) else "IMAGEM",
            solicitado_em=_prescrito_em(x, ctx, "solicitacoesExame.solicitadoEm"),
            observacao=values.clinical_text(x["ds_itpre_med"]),
            cid10=documents.cid(x["cd_cid"], "solicitacoesExame.cid10"),
            profissional=profissional(x, ctx),
        )
        for x in rows
        if _is_exame(x) and not _cancelled(x)
    )


def _duration(x: Row) -> str | None:
    number, unit = values.to_code(x["qt_tempo_doenca"]), _TIME.get((values.to_text(x["tp_unidade_tempo_doenca"]) or "").upper())
    return f"Tempo de doença: {number} {unit}" if number and unit else None


def diagnosticos(atendimento: Row, rows: Sequence[Row], ctx: MappingContext) -> tuple[Diagnostico, ...]:
    """First the main ICD-10 of the attendance, then the hypotheses and confirmed diagnoses."""
    items = []
    if (principal := documents.cid(atendimento["cd_cid"], "diagnosticos.cid10")) is not None:
        items.append(Diagnostico(codigo="PRINCIPAL", cid10=principal, descricao=values.to_text(atendimento["ds_cid"]), tipo="PRINCIPAL"))
    for x in rows:
        cid10 = documents.cid(x["cd_cid"], "diagnosticos.cid10")
        notes = [n for n in (values.clinical_text(x["ds_observacao"]), _duration(x)) if n]
        if cid10 is None and not notes:
            continue
        items.append(
            Diagnostico(
                codigo=str(x["cd_diagnostico_atendime"]),
                cid10=cid10,
                descricao=values.to_text(x["ds_cid"]),
                tipo=ctx.depara.translate("tipo_diagnostico", x["tp_situacao"]) or "SECUNDARIO",
                observacao="\n".join(notes) or None,
            )
        )
    return tuple(items)


def _denies(x: Row) -> bool:
    return (values.to_text(x["tp_alergia"]) or "").upper() == _DENIES


def _substance(x: Row) -> str | None:
    return next((t for c in ("ds_substancia", "ds_alimento", "ds_outros") if (t := values.to_text(x.get(c)))), None)


def _denies_all(x: Row) -> bool:
    """Whether it denies every allergy: it names no substance."""
    return _denies(x) and _substance(x) is None and values.to_code(x["cd_substancia"]) is None


def _in_force(x: Row) -> bool:
    return values.boolean(x["sn_ativo"], True) and values.to_text(x.get("cd_usuario_inativacao")) is None


def _alergia(x: Row, code: str, notes: Sequence[str], ctx: MappingContext) -> Alergia:
    return Alergia(
        codigo=code,
        substancia=_substance(x) or _NO_SUBSTANCE,
        categoria=ctx.depara.translate("categoria_alergia", x["tp_alergia"]) or "OUTRA",
        gravidade=ctx.depara.translate("gravidade_alergia", x["tp_severidade"]) or "DESCONHECIDA",
        nega=_denies(x),
        reacao="\n".join(notes) or None,
        ativa=_in_force(x),
    )


def _of_problems(x: Row, ctx: MappingContext) -> Alergia:
    note = values.clinical_text(x["ds_observacao"])
    return _alergia(x, f"P-{x['cd_problema']}", [note] if note else [], ctx)


def _of_history(x: Row, ctx: MappingContext) -> Alergia:
    notes = [t for c in ("ds_alergia", "ds_aviso") if (t := values.clinical_text(x[c]))]
    key = values.to_code(x["cd_substancia"])
    if key is None:
        # The older record has no key of its own, so a hash of its text serves as one.
        key = hashlib.blake2s("|".join((str(x["tp_alergia"]), *notes)).encode(), digest_size=8).hexdigest()
    return _alergia(x, f"S-{key}", notes, ctx)


def _by_code(items: Iterable[Alergia]) -> dict[str, Alergia]:
    """One of each key, in whatever order the rows come: one in force before others, then the most severe."""
    return {a.codigo: a for a in sorted(items, key=lambda a: (a.ativa, not a.nega, _SEVERITIES.index(a.gravidade), a.reacao or ""))}


def alergias(problems: Sequence[Row], history: Sequence[Row], ctx: MappingContext) -> tuple[bool | None, tuple[Alergia, ...]]:
    """(``True`` if the patient denies every allergy, the allergies).

    MV has two records of allergies. If both have the same substance, the newer one (``problems``) wins. An allergy in force wins over a
    denial of all, which is not an item itself.
    """
    items = _by_code(_of_problems(x, ctx) for x in problems if not _denies_all(x))
    known = {(a.substancia.casefold(), a.nega) for a in items.values() if a.substancia != _NO_SUBSTANCE}
    older = _by_code(_of_history(x, ctx) for x in history if not _denies_all(x))
    items |= {code: a for code, a in older.items() if (a.substancia.casefold(), a.nega) not in known}
    denied = any(_denies_all(x) and _in_force(x) for x in (*problems, *history))
    if denied and all(a.nega or not a.ativa for a in items.values()):
        return True, ()
    return None, tuple(sorted(items.values(), key=lambda a: (a.codigo[0], len(a.codigo), a.codigo)))

"""Platform observation ↔ FHIR R4 Observation. Our changes keep all other fields of a pulled resource."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.errors import InvalidRecord
from include.fusion.fhir.config.model import SyncSettings
from include.fusion.fhir.mapping import vital_signs as vs
from include.fusion.fhir.mapping.vital_signs import BLOOD_PRESSURE, DIASTOLIC, LOINC, OTHER, PAIN, PANEL, SINAIS, SYSTOLIC, convert

STATES = ("registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown")
ENTERED_IN_ERROR = "entered-in-error"
_NO_VALUE = {"dataAbsentReason": {"coding": [{"system": vs.DATA_ABSENT_REASON, "code": "unknown"}]}}
WITHOUT_VALUE = frozenset({"cancelled", "entered-in-error", "registered"})
"""States in which an observation may lack a value."""


@dataclass(frozen=True)
class Observation:
    """One observation of the platform. ``efetivo_em``: with zone, ``None`` outside the years 1 to 9999. ``unidade``: UCUM or free text;
    ``None``: the unit of the sign. ``codigo``, ``sistema``: only for ``tipo`` "other". ``members``: references of a panel's observations."""

    id: str
    tipo: str
    efetivo_em: datetime | None
    valor: Decimal | None = None
    sistolica: Decimal | None = None
    diastolica: Decimal | None = None
    unidade: str | None = None
    texto: str | None = None
    codigo: str | None = None
    sistema: str | None = None
    estado: str = "final"
    members: tuple[str, ...] = ()


def paciente_of(resource: dict[str, Any]) -> str:
    """Server id of a resource's patient; empty without a reference."""
    subject = resource.get("subject")
    reference = str(subject.get("reference") or "") if isinstance(subject, dict) else ""
    return reference.split("/_history/")[0].rpartition("Patient/")[2]


def entered_in_error(resource: dict[str, Any]) -> bool:
    """Whether a resource was entered in error, so that nobody may use it."""
    return resource.get("status") == ENTERED_IN_ERROR


def to_fhir(obs: Observation, subject: str, meta: SyncSettings) -> dict[str, Any]:
    """R4 Observation of ``subject`` (``Patient/123``). :raises InvalidRecord: names the field, never its value."""
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "identifier": [{"system": meta.observation_system, "value": obs.id}],
        **_state_and_date(obs, meta),
        "code": _code(obs),
        "subject": {"reference": subject},
    }
    sinal = SINAIS.get(obs.tipo)
    if sinal is not None:
        if sinal.profile:
            resource["meta"] = {"profile": [vs.PROFILE]}
        resource["category"] = [{"coding": [{"system": vs.CATEGORY, "code": sinal.categoria}]}]
    resource.update(_content(obs))
    return resource


def _state_and_date(obs: Observation, meta: SyncSettings) -> dict[str, Any]:
    if obs.estado not in STATES:
        raise InvalidRecord("status", "fora da lista do FHIR")
    if obs.efetivo_em is None:
        raise InvalidRecord("effectiveAt", "data fora do intervalo possível")
    if obs.efetivo_em.tzinfo is None:
        raise InvalidRecord("effectiveAt", "data e hora sem fuso")
    return {"status": obs.estado, "effectiveDateTime": _instant(obs.efetivo_em, meta.timezone)}


def _code(obs: Observation) -> dict[str, Any]:
    sinal = SINAIS.get(obs.tipo)
    if sinal is not None:
        return {"coding": [{"system": LOINC, "code": c} for c in sinal.codigos], "text": sinal.nome}
    if obs.tipo != OTHER or not obs.codigo:
        raise InvalidRecord("type", "tipo de observação desconhecido")
    return {"coding": [{**({"system": obs.sistema} if obs.sistema else {}), "code": obs.codigo}]}


def _content(obs: Observation) -> dict[str, Any]:
    """Value, components or members."""
    if obs.tipo == PANEL:
        return {"hasMember": [{"reference": m} for m in obs.members]} if obs.members else _absent(obs)
    if obs.tipo == BLOOD_PRESSURE:
        if obs.sistolica is None and obs.diastolica is None:
            return _absent(obs)
        pairs = ((SYSTOLIC, "Systolic blood pressure", obs.sistolica), (DIASTOLIC, "Diastolic blood pressure", obs.diastolica))
        return {"component": [_component(code, name, value, obs) for code, name, value in pairs]}
    if obs.valor is not None:
        return {"valueQuantity": _quantity(obs.valor, obs)}
    if obs.texto:
        return {"valueString": obs.texto}
    return _absent(obs)


def _absent(obs: Observation) -> dict[str, Any]:
    if obs.estado not in WITHOUT_VALUE:
        raise InvalidRecord("value", "observação sem valor")
    return _NO_VALUE


def _component(code: str, name: str, value: Decimal | None, obs: Observation) -> dict[str, Any]:
    content = _NO_VALUE if value is None else {"valueQuantity": _quantity(value, obs)}
    return {"code": {"coding": [{"system": LOINC, "code": code}], "text": name}, **content}


def _quantity(value: Decimal, obs: Observation) -> dict[str, Any]:
    if not value.is_finite():
        raise InvalidRecord("value", "número inválido")
    sinal = SINAIS.get(obs.tipo)
    if sinal is None:
        return {"value": value, **({"unit": obs.unidade} if obs.unidade else {})}
    converted = value if not obs.unidade else convert(value, obs.unidade, sinal.ucum)
    if converted is None:
        raise InvalidRecord("unit", f"unidade não serve para {obs.tipo}, esperado {sinal.ucum}")
    return {"value": converted, "unit": sinal.unidade, "system": vs.UCUM, "code": sinal.ucum}


def _instant(when: datetime, zone: str) -> str:
    return when.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds" if when.microsecond else "seconds")


def from_fhir(resource: dict[str, Any], zone: str = "America/Sao_Paulo", id: str = "") -> Observation:
    """The platform's view of a pulled Observation. ``zone``: for dates without a time or a zone.

    With a unit that does not fit the sign the observation becomes "other": a number with a wrong unit is a wrong number.
    """
    try:
        return _read(resource, ZoneInfo(zone), id)
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        raise InvalidRecord("Observation", "estrutura fora do FHIR R4") from None


def _read(resource: dict[str, Any], zone: ZoneInfo, id: str) -> Observation:
    effective = _effective(resource, zone)
    if effective is None:
        raise InvalidRecord("effective", "observação sem data")
    codes = [(c.get("system"), c.get("code")) for c in (resource.get("code") or {}).get("coding", []) if c.get("code")]
    # Only codes of LOINC: other systems use the same numbers.
    kind = next((vs.FROM_LOINC[c] for s, c in codes if s == LOINC and c in vs.FROM_LOINC), OTHER)
    system, code = codes[0] if codes else (None, (resource.get("code") or {}).get("text"))
    state = resource.get("status", "unknown")
    common: dict[str, Any] = {"id": id, "efetivo_em": effective, "estado": state, "codigo": code, "sistema": system}
    if kind == BLOOD_PRESSURE:
        systolic, diastolic = (_of_component(resource, c) for c in (SYSTOLIC, DIASTOLIC))
        if (systolic, diastolic) != (None, None) or "component" not in resource:
            return Observation(tipo=kind, unidade="mm[Hg]", sistolica=systolic, diastolica=diastolic, **common)
        return Observation(tipo=OTHER, **common)
    members = tuple(m["reference"] for m in resource.get("hasMember", []) if m.get("reference"))
    if kind == PANEL:
        return Observation(tipo=kind, members=members, **common)
    integer = resource.get("valueInteger")
    if integer is not None and kind in (OTHER, PAIN):
        # A score or a count: without a unit it is no other sign.
        return Observation(tipo=kind, valor=Decimal(integer), unidade=SINAIS[kind].ucum if kind == PAIN else None, **common)
    text = (
        resource.get("valueString")
        or _concept(resource.get("valueCodeableConcept") or {})
        or (None if integer is None else str(integer))
        or _in_words(resource)
    )
    quantity = resource.get("valueQuantity") or {}
    if quantity.get("value") is None:
        return Observation(tipo=kind, texto=text, **common)
    value, unit = Decimal(str(quantity["value"])), quantity.get("code") or quantity.get("unit")
    # With a comparator ("<40") it is no plain number.
    if not quantity.get("comparator"):
        if kind == OTHER:
            return Observation(tipo=OTHER, valor=value, unidade=unit, **common)
        converted = convert(value, unit or "", SINAIS[kind].ucum)
        if converted is not None:
            return Observation(tipo=kind, valor=converted, unidade=SINAIS[kind].ucum, **common)
    return Observation(tipo=OTHER, texto=_measure(quantity), **common)


def _in_words(resource: dict[str, Any]) -> str | None:
    """A boolean, date, ratio or range as text; ``None`` for other kinds."""
    if "valueBoolean" in resource:
        return "sim" if resource["valueBoolean"] else "não"
    ratio, span = resource.get("valueRatio") or {}, resource.get("valueRange") or {}
    if ratio or span:
        names, between = (("numerator", "denominator"), ":") if ratio else (("low", "high"), " a ")
        return between.join(_measure((ratio or span).get(name) or {}) for name in names)
    return resource.get("valueDateTime") or resource.get("valueTime")


def _measure(quantity: dict[str, Any]) -> str:
    unit = quantity.get("code") or quantity.get("unit") or ""
    return f"{quantity.get('comparator', '')}{quantity.get('value', '…')} {unit}".strip()


def _concept(concept: dict[str, Any]) -> str | None:
    """The text of a coded result, else its code."""
    first: dict[str, Any] = next(iter(concept.get("coding", [])), {})
    return concept.get("text") or first.get("display") or first.get("code")


def _of_component(resource: dict[str, Any], code: str) -> Decimal | None:
    for component in resource.get("component", []):
        codes = {(c.get("system"), c.get("code")) for c in (component.get("code") or {}).get("coding", [])}
        quantity = component.get("valueQuantity") or {}
        if (LOINC, code) in codes and quantity.get("value") is not None and not quantity.get("comparator"):
            return convert(Decimal(str(quantity["value"])), quantity.get("code") or quantity.get("unit") or "", "mm[Hg]")
    return None


def _effective(resource: dict[str, Any], zone: ZoneInfo) -> datetime | None:
    period = resource.get("effectivePeriod") or {}
    text = (
        resource.get("effectiveDateTime")
        or resource.get("effectiveInstant")
        or period.get("start")
        or period.get("end")
        or resource.get("issued")
        # Without a date of its own, it has the date of its last version.
        or (resource.get("meta") or {}).get("lastUpdated")
    )
    return None if not text else fhir_instant(str(text), zone)


def fhir_instant(text: str, zone: ZoneInfo) -> datetime:
    """A FHIR date, dateTime or instant as UTC; of a day, month or year the first moment."""
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        parts = [int(p) for p in text.split("-")] + [1, 1]
        day = date(*parts[:3])
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    # FHIR allows more digits of a second than Python (six).
    when = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def merge(resource: dict[str, Any], obs: Observation, subject: str, meta: SyncSettings) -> dict[str, Any]:
    """``resource`` (present version of the server) with the changes of the platform. All else stays, also the subject."""
    new, before = copy.deepcopy(resource), from_fhir(resource, meta.timezone)
    outgoing, same_kind = _as_sent(obs), _same_code(resource, obs)
    ours = ("sistolica", "diastolica") if obs.tipo == BLOOD_PRESSURE else ("valor", "texto", "unidade")
    same_content = same_kind and all(getattr(outgoing, name) == getattr(before, name) for name in ours)
    if same_content and (obs.estado, obs.efetivo_em) == (before.estado, before.efetivo_em):
        return new
    # With the same content, do not build it: we cannot build all that a server may have.
    after = _state_and_date(obs, meta) if same_content else to_fhir(obs, subject, meta)
    if obs.estado != before.estado:
        new["status"] = obs.estado
    if obs.efetivo_em != before.efetivo_em:
        for name in ("effectivePeriod", "effectiveInstant", "effectiveTiming"):
            new.pop(name, None)
        new["effectiveDateTime"] = after["effectiveDateTime"]
    if same_content:
        return new
    if not same_kind or (obs.tipo == BLOOD_PRESSURE and ("component" in new) != ("component" in after)):
        _replace_kind(new, after)
    elif obs.tipo == BLOOD_PRESSURE and "component" in new:
        pairs = ((SYSTOLIC, before.sistolica, outgoing.sistolica), (DIASTOLIC, before.diastolica, outgoing.diastolica))
        for code, old, current in pairs:
            if old != current:
                _replace_component(new, code, after)
    elif obs.tipo == OTHER and None not in (before.valor, outgoing.valor) and before.unidade == outgoing.unidade and "valueQuantity" in new:
        # Keep the EHR's unit: it may have code and system, the platform has one word only.
        new["valueQuantity"]["value"] = outgoing.valor
        new.pop("interpretation", None)
    elif (before.valor, before.texto, before.unidade) != (outgoing.valor, outgoing.texto, outgoing.unidade):
        for name in [*_values(new), "dataAbsentReason", "interpretation"]:
            new.pop(name, None)
        new.update({n: v for n, v in after.items() if n.startswith("value") or n == "dataAbsentReason"})
    return new


def _as_sent(obs: Observation) -> Observation:
    """``obs`` with numbers in the unit of FHIR, for a comparison. With a wrong unit they are NaN: different from all, so that it is sent and
    refused."""
    sinal = SINAIS.get(obs.tipo)
    if sinal is None:
        return replace(obs, unidade=None if obs.valor is None else obs.unidade or None)

    def converted(value: Decimal | None) -> Decimal | None:
        if value is None or not obs.unidade or not value.is_finite():
            return value
        done = convert(value, obs.unidade, sinal.ucum)
        return Decimal("NaN") if done is None else done

    values: dict[str, Any] = {name: converted(getattr(obs, name)) for name in ("valor", "sistolica", "diastolica")}
    return replace(obs, **values, unidade=None if obs.valor is None else sinal.ucum)


def _same_code(resource: dict[str, Any], obs: Observation) -> bool:
    """Whether the resource has a code of the platform's kind; it may have other codes."""
    code = resource.get("code") or {}
    present = {(c.get("system"), c.get("code")) for c in code.get("coding", [])} | {(None, code.get("text"))}
    sinal = SINAIS.get(obs.tipo)
    ours = [(LOINC, c) for c in sinal.codigos] if sinal is not None else [(obs.sistema or None, obs.codigo)]
    return (obs.tipo == OTHER and not obs.codigo) or not present.isdisjoint(ours)


def _values(resource: dict[str, Any]) -> list[str]:
    return [n for n in resource if re.fullmatch(r"_?value[A-Z]\w*", n)]


def _replace_kind(new: dict[str, Any], after: dict[str, Any]) -> None:
    """Another kind of observation: value, code, ranges and profile of the old kind are removed."""
    for name in [*_values(new), "code", "category", "component", "hasMember", "dataAbsentReason", "interpretation", "referenceRange"]:
        new.pop(name, None)
    meta = {n: v for n, v in (new.pop("meta", None) or {}).items() if n != "profile"} | after.get("meta", {})
    new.update(
        {n: v for n, v in after.items() if n in ("code", "category", "component", "hasMember", "dataAbsentReason") or n.startswith("value")}
        | ({"meta": meta} if meta else {})
    )


def _replace_component(resource: dict[str, Any], code: str, after: dict[str, Any]) -> None:
    def its(component: dict[str, Any]) -> bool:
        return any((c.get("system"), c.get("code")) == (LOINC, code) for c in (component.get("code") or {}).get("coding", []))

    new = next(c for c in after.get("component", []) if its(c))
    components = resource.setdefault("component", [])
    for item in components:
        if its(item):
            for name in ("valueQuantity", "dataAbsentReason", "interpretation"):
                item.pop(name, None)
            item.update({n: v for n, v in new.items() if n != "code"})
            return
    components.append(new)

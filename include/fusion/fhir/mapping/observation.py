"""Platform observation ↔ FHIR R4 Observation. A pulled resource keeps every field that we do not know: changes are laid over it."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.errors import RegistroInvalido
from include.fusion.fhir.config.model import Metadados
from include.fusion.fhir.mapping.vital_signs import (
    AUSENCIA,
    CATEGORIA,
    DE_LOINC,
    DIASTOLICA,
    DOR,
    LOINC,
    OUTRO,
    PAINEL,
    PERFIL,
    PRESSAO,
    SINAIS,
    SISTOLICA,
    UCUM,
    converter,
)

ESTADOS = ("registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown")
ANULADA = "entered-in-error"
SEM_VALOR = frozenset({"cancelled", "entered-in-error", "registered"})
"""States in which an observation may well have no value."""


@dataclass(frozen=True)
class Observacao:
    """One observation of the platform. ``efetivo_em`` is aware, ``None`` beyond what FHIR can say (years 1 to 9999); ``unidade`` UCUM or as
    people write it, ``None`` the sign's own.

    ``codigo`` and ``sistema`` only matter for ``tipo`` "other". ``membros``: references of a panel's observations.
    """

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
    membros: tuple[str, ...] = ()


def paciente_de(recurso: dict[str, Any]) -> str:
    """Server id of the patient whom a resource is about; empty when it names none by reference."""
    sujeito = recurso.get("subject")
    referencia = str(sujeito.get("reference") or "") if isinstance(sujeito, dict) else ""
    return referencia.split("/_history/")[0].rpartition("Patient/")[2]


def anulada(recurso: dict[str, Any]) -> bool:
    """Whether a resource was entered in error: nobody is to act on it."""
    return recurso.get("status") == ANULADA


def para_fhir(obs: Observacao, sujeito: str, meta: Metadados) -> dict[str, Any]:
    """R4 Observation about ``sujeito`` (``Patient/123``); :class:`RegistroInvalido` names the field, never its value."""
    recurso: dict[str, Any] = {
        "resourceType": "Observation",
        "identifier": [{"system": meta.observation_system, "value": obs.id}],
        **_estado_e_data(obs, meta),
        "code": _codigo(obs),
        "subject": {"reference": sujeito},
    }
    sinal = SINAIS.get(obs.tipo)
    if sinal is not None:
        if sinal.perfil:
            recurso["meta"] = {"profile": [PERFIL]}
        recurso["category"] = [{"coding": [{"system": CATEGORIA, "code": sinal.categoria}]}]
    recurso.update(_conteudo(obs))
    return recurso


def _estado_e_data(obs: Observacao, meta: Metadados) -> dict[str, Any]:
    if obs.estado not in ESTADOS:
        raise RegistroInvalido("status", "fora da lista do FHIR")
    if obs.efetivo_em is None:
        raise RegistroInvalido("effectiveAt", "data fora do intervalo possível")
    if obs.efetivo_em.tzinfo is None:
        raise RegistroInvalido("effectiveAt", "data e hora sem fuso")
    return {"status": obs.estado, "effectiveDateTime": _instante(obs.efetivo_em, meta.timezone)}


def _codigo(obs: Observacao) -> dict[str, Any]:
    sinal = SINAIS.get(obs.tipo)
    if sinal is not None:
        return {"coding": [{"system": LOINC, "code": c} for c in sinal.codigos], "text": sinal.nome}
    if obs.tipo != OUTRO or not obs.codigo:
        raise RegistroInvalido("type", "tipo de observação desconhecido")
    return {"coding": [{**({"system": obs.sistema} if obs.sistema else {}), "code": obs.codigo}]}


def _conteudo(obs: Observacao) -> dict[str, Any]:
    """Value, components or members."""
    if obs.tipo == PAINEL:
        return {"hasMember": [{"reference": m} for m in obs.membros]} if obs.membros else _ausente(obs)
    if obs.tipo == PRESSAO:
        if obs.sistolica is None and obs.diastolica is None:
            return _ausente(obs)
        pares = ((SISTOLICA, "Systolic blood pressure", obs.sistolica), (DIASTOLICA, "Diastolic blood pressure", obs.diastolica))
        return {"component": [_componente(codigo, nome, valor, obs) for codigo, nome, valor in pares]}
    if obs.valor is not None:
        return {"valueQuantity": _quantidade(obs.valor, obs)}
    if obs.texto:
        return {"valueString": obs.texto}
    return _ausente(obs)


def _ausente(obs: Observacao) -> dict[str, Any]:
    if obs.estado not in SEM_VALOR:
        raise RegistroInvalido("value", "observação sem valor")
    return {"dataAbsentReason": {"coding": [{"system": AUSENCIA, "code": "unknown"}]}}


def _componente(codigo: str, nome: str, valor: Decimal | None, obs: Observacao) -> dict[str, Any]:
    conteudo = (
        {"valueQuantity": _quantidade(valor, obs)}
        if valor is not None
        else {"dataAbsentReason": {"coding": [{"system": AUSENCIA, "code": "unknown"}]}}
    )
    return {"code": {"coding": [{"system": LOINC, "code": codigo}], "text": nome}, **conteudo}


def _quantidade(valor: Decimal, obs: Observacao) -> dict[str, Any]:
    if not valor.is_finite():
        raise RegistroInvalido("value", "número inválido")
    sinal = SINAIS.get(obs.tipo)
    if sinal is None:
        return {"value": valor, **({"unit": obs.unidade} if obs.unidade else {})}
    convertido = valor if not obs.unidade else converter(valor, obs.unidade, sinal.ucum)
    if convertido is None:
        raise RegistroInvalido("unit", f"unidade não serve para {obs.tipo}, esperado {sinal.ucum}")
    return {"value": convertido, "unit": sinal.unidade, "system": UCUM, "code": sinal.ucum}


def _instante(quando: datetime, fuso: str) -> str:
    return quando.astimezone(ZoneInfo(fuso)).isoformat(timespec="milliseconds" if quando.microsecond else "seconds")


# -- from FHIR -----------------------------------------------------------------------------------------------------------------------


def de_fhir(recurso: dict[str, Any], fuso: str = "America/Sao_Paulo", id: str = "") -> Observacao:
    """What the platform keeps of a pulled Observation. Partial and zoneless dates are read in ``fuso``.

    A value in a unit that does not belong to its sign makes the observation "other": a number under a wrong unit is a wrong number.
    """
    try:
        return _ler(recurso, ZoneInfo(fuso), id)
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        raise RegistroInvalido("Observation", "estrutura fora do FHIR R4") from None


def _ler(recurso: dict[str, Any], fuso: ZoneInfo, id: str) -> Observacao:
    efetivo = _efetivo(recurso, fuso)
    if efetivo is None:
        raise RegistroInvalido("effective", "observação sem data")
    codigos = [(c.get("system"), c.get("code")) for c in (recurso.get("code") or {}).get("coding", []) if c.get("code")]
    # Only LOINC's own codes, the more specific of ours first: other systems reuse the numbers.
    tipo = next((DE_LOINC[c] for s, c in codigos if s == LOINC and c in DE_LOINC), OUTRO)
    sistema, codigo = codigos[0] if codigos else (None, (recurso.get("code") or {}).get("text"))
    comum: dict[str, Any] = {
        "id": id,
        "efetivo_em": efetivo,
        "estado": recurso.get("status", "unknown"),
        "codigo": codigo,
        "sistema": sistema,
    }
    if tipo == PRESSAO:
        sistolica, diastolica = (_do_componente(recurso, c) for c in (SISTOLICA, DIASTOLICA))
        if (sistolica, diastolica) != (None, None) or "component" not in recurso:
            return Observacao(tipo=tipo, unidade="mm[Hg]", sistolica=sistolica, diastolica=diastolica, **comum)
        return Observacao(tipo=OUTRO, **comum)
    membros = tuple(m["reference"] for m in recurso.get("hasMember", []) if m.get("reference"))
    if tipo == PAINEL:
        return Observacao(tipo=tipo, membros=membros, **comum)
    inteiro = recurso.get("valueInteger")
    if inteiro is not None and tipo in (OUTRO, DOR):
        # A score or a count; without a unit it can be no other sign.
        return Observacao(tipo=tipo, valor=Decimal(inteiro), unidade=SINAIS[tipo].ucum if tipo == DOR else None, **comum)
    texto = (
        recurso.get("valueString")
        or _conceito(recurso.get("valueCodeableConcept") or {})
        or (None if inteiro is None else str(inteiro))
        or _em_palavras(recurso)
    )
    quantidade = recurso.get("valueQuantity") or {}
    if quantidade.get("value") is None:
        return Observacao(tipo=tipo, texto=texto, **comum)
    valor, unidade = Decimal(str(quantidade["value"])), quantidade.get("code") or quantidade.get("unit")
    # A comparator ("<40") makes it no plain number any more, of whatever kind it is.
    if not quantidade.get("comparator"):
        if tipo == OUTRO:
            return Observacao(tipo=OUTRO, valor=valor, unidade=unidade, **comum)
        convertido = converter(valor, unidade or "", SINAIS[tipo].ucum)
        if convertido is not None:
            return Observacao(tipo=tipo, valor=convertido, unidade=SINAIS[tipo].ucum, **comum)
    return Observacao(tipo=OUTRO, texto=_medida(quantidade), **comum)


def _em_palavras(recurso: dict[str, Any]) -> str | None:
    """A result that is neither number nor text (yes or no, a date, a titre, a range) as people read it; nothing for a kind beyond these."""
    if "valueBoolean" in recurso:
        return "sim" if recurso["valueBoolean"] else "não"
    razao, faixa = recurso.get("valueRatio") or {}, recurso.get("valueRange") or {}
    if razao or faixa:
        nomes, entre = (("numerator", "denominator"), ":") if razao else (("low", "high"), " a ")
        return entre.join(_medida((razao or faixa).get(nome) or {}) for nome in nomes)
    return recurso.get("valueDateTime") or recurso.get("valueTime")


def _medida(quantidade: dict[str, Any]) -> str:
    unidade = quantidade.get("code") or quantidade.get("unit") or ""
    return f"{quantidade.get('comparator', '')}{quantidade.get('value', '…')} {unidade}".strip()


def _conceito(conceito: dict[str, Any]) -> str | None:
    """A coded result in words, or its code where there are none."""
    primeiro: dict[str, Any] = next(iter(conceito.get("coding", [])), {})
    return conceito.get("text") or primeiro.get("display") or primeiro.get("code")


def _do_componente(recurso: dict[str, Any], codigo: str) -> Decimal | None:
    for componente in recurso.get("component", []):
        codigos = {(c.get("system"), c.get("code")) for c in (componente.get("code") or {}).get("coding", [])}
        quantidade = componente.get("valueQuantity") or {}
        if (LOINC, codigo) in codigos and quantidade.get("value") is not None and not quantidade.get("comparator"):
            return converter(Decimal(str(quantidade["value"])), quantidade.get("code") or quantidade.get("unit") or "", "mm[Hg]")
    return None


def _efetivo(recurso: dict[str, Any], fuso: ZoneInfo) -> datetime | None:
    periodo = recurso.get("effectivePeriod") or {}
    texto = (
        recurso.get("effectiveDateTime")
        or recurso.get("effectiveInstant")
        or periodo.get("start")
        or periodo.get("end")
        or recurso.get("issued")
        # A resource without any date of its own is at most as old as its last version.
        or (recurso.get("meta") or {}).get("lastUpdated")
    )
    return None if not texto else instante_fhir(str(texto), fuso)


def instante_fhir(texto: str, fuso: ZoneInfo) -> datetime:
    """A FHIR date, dateTime or instant of any precision as a moment in UTC; its first one when it is a whole day, month or year."""
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", texto):
        partes = [int(p) for p in texto.split("-")] + [1, 1]
        dia = date(*partes[:3])
        return datetime(dia.year, dia.month, dia.day, tzinfo=fuso).astimezone(UTC)
    # More than six digits of a second are allowed; Python takes six.
    quando = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", texto))
    return (quando if quando.tzinfo else quando.replace(tzinfo=fuso)).astimezone(UTC)


# -- changes -------------------------------------------------------------------------------------------------------------------------


def mesclar(recurso: dict[str, Any], obs: Observacao, sujeito: str, meta: Metadados) -> dict[str, Any]:
    """``recurso`` (the server's present version) with what the platform changed; everything else, known to us or not, stays as it is.

    So does the subject: whose observation it is, is for the caller to decide.
    """
    novo, antes = copy.deepcopy(recurso), de_fhir(recurso, meta.timezone)
    vai, mesmo_tipo = _como_vai(obs), _mesmo_codigo(recurso, obs)
    nossos = ("sistolica", "diastolica") if obs.tipo == PRESSAO else ("valor", "texto", "unidade")
    mesmo_conteudo = mesmo_tipo and all(getattr(vai, nome) == getattr(antes, nome) for nome in nossos)
    if mesmo_conteudo and (obs.estado, obs.efetivo_em) == (antes.estado, antes.efetivo_em):
        return novo
    # What we could not have written ourselves (a panel's members, a code as value) is not ours to refuse either.
    depois = _estado_e_data(obs, meta) if mesmo_conteudo else para_fhir(obs, sujeito, meta)
    if obs.estado != antes.estado:
        novo["status"] = obs.estado
    if obs.efetivo_em != antes.efetivo_em:
        for nome in ("effectivePeriod", "effectiveInstant", "effectiveTiming"):
            novo.pop(nome, None)
        novo["effectiveDateTime"] = depois["effectiveDateTime"]
    if mesmo_conteudo:
        return novo
    if not mesmo_tipo or (obs.tipo == PRESSAO and ("component" in novo) != ("component" in depois)):
        _trocar_tipo(novo, depois)
    elif obs.tipo == PRESSAO and "component" in novo:
        pares = ((SISTOLICA, antes.sistolica, vai.sistolica), (DIASTOLICA, antes.diastolica, vai.diastolica))
        for codigo, velho, atual in pares:
            if velho != atual:
                _trocar_componente(novo, codigo, depois)
    elif obs.tipo == OUTRO and None not in (antes.valor, vai.valor) and antes.unidade == vai.unidade and "valueQuantity" in novo:
        # The platform keeps one word for its unit; the EHR's may have a code and a system beside it.
        novo["valueQuantity"]["value"] = vai.valor
        novo.pop("interpretation", None)
    elif (antes.valor, antes.texto, antes.unidade) != (vai.valor, vai.texto, vai.unidade):
        for nome in [*_valores(novo), "dataAbsentReason", "interpretation"]:
            novo.pop(nome, None)
        novo.update({n: v for n, v in depois.items() if n.startswith("value") or n == "dataAbsentReason"})
    return novo


def _como_vai(obs: Observacao) -> Observacao:
    """``obs`` with its numbers in the unit in which they travel, to be compared with what is there; where the unit does not fit they are
    NaN, which equals nothing, so that sending is tried and refused."""
    sinal = SINAIS.get(obs.tipo)
    if sinal is None:
        return replace(obs, unidade=None if obs.valor is None else obs.unidade or None)

    def convertido(valor: Decimal | None) -> Decimal | None:
        if valor is None or not obs.unidade or not valor.is_finite():
            return valor
        feito = converter(valor, obs.unidade, sinal.ucum)
        return Decimal("NaN") if feito is None else feito

    return replace(
        obs,
        valor=convertido(obs.valor),
        sistolica=convertido(obs.sistolica),
        diastolica=convertido(obs.diastolica),
        unidade=None if obs.valor is None else sinal.ucum,
    )


def _mesmo_codigo(recurso: dict[str, Any], obs: Observacao) -> bool:
    """Whether the resource is of the kind that the platform says; what the EHR codes beside it does not matter."""
    codigo = recurso.get("code") or {}
    presentes = {(c.get("system"), c.get("code")) for c in codigo.get("coding", [])} | {(None, codigo.get("text"))}
    sinal = SINAIS.get(obs.tipo)
    nossos = [(LOINC, c) for c in sinal.codigos] if sinal is not None else [(obs.sistema or None, obs.codigo)]
    return (obs.tipo == OUTRO and not obs.codigo) or not presentes.isdisjoint(nossos)


def _valores(recurso: dict[str, Any]) -> list[str]:
    return [n for n in recurso if re.fullmatch(r"_?value[A-Z]\w*", n)]


def _trocar_tipo(novo: dict[str, Any], depois: dict[str, Any]) -> None:
    """Another kind of observation: what was said of the old one (value, code, ranges, profiles) goes with it."""
    for nome in [*_valores(novo), "code", "category", "component", "hasMember", "dataAbsentReason", "interpretation", "referenceRange"]:
        novo.pop(nome, None)
    marcas = {n: v for n, v in (novo.pop("meta", None) or {}).items() if n != "profile"} | depois.get("meta", {})
    novo.update(
        {
            n: v
            for n, v in depois.items()
            if n in ("code", "category", "component", "hasMember", "dataAbsentReason") or n.startswith("value")
        }
        | ({"meta": marcas} if marcas else {})
    )


def _trocar_componente(recurso: dict[str, Any], codigo: str, depois: dict[str, Any]) -> None:
    def dele(componente: dict[str, Any]) -> bool:
        return any((c.get("system"), c.get("code")) == (LOINC, codigo) for c in (componente.get("code") or {}).get("coding", []))

    novo = next(c for c in depois.get("component", []) if dele(c))
    componentes = recurso.setdefault("component", [])
    for componente in componentes:
        if dele(componente):
            for nome in ("valueQuantity", "dataAbsentReason", "interpretation"):
                componente.pop(nome, None)
            componente.update({n: v for n, v in novo.items() if n != "code"})
            return
    componentes.append(novo)

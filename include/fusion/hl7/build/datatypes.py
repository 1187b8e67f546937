"""Data types as text: each function gives one field, escaped, with trailing separators dropped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.values import Codigo, Endereco, Local, Pessoal, Texto
from include.fusion.hl7.wire.escapes import NULO, Apagar, aproximar, codificar, linhas_normais

VARIAS = "~"


def st(aj: AjustesHl7, valor: Texto) -> str:
    """A text; ``APAGAR`` is ``""``, ``None`` nothing."""
    if valor is None:
        return ""
    if isinstance(valor, Apagar):
        return NULO
    return codificar(linhas_normais(aproximar(valor, aj.charset) if aj.aproximar else valor))


def juntar(*partes: str, por: str = "^") -> str:
    """Components of one field, or with ``por="&"`` subcomponents of one component."""
    return por.join(partes).rstrip(por)


def segmento(nome: str, *campos: str) -> str:
    """A segment whose fields start at number 1."""
    return "|".join((nome, *campos)).rstrip("|")


def repetir(valores: Iterable[str]) -> str:
    """Repetitions of one field, empty ones left out."""
    return VARIAS.join(v for v in valores if v)


def numerico(valor: float | None) -> str:
    """NM: no exponent, no needless zeros."""
    if valor is None:
        return ""
    texto = f"{valor:.6f}".rstrip("0").rstrip(".")
    return "0" if texto in ("", "-0") else texto


def ts(aj: AjustesHl7, momento: datetime | date | Apagar | None) -> str:
    """TS to the second, always with the offset that the zone had then; a date alone is a day, which has none."""
    if momento is None:
        return ""
    if isinstance(momento, Apagar):
        return NULO
    if not isinstance(momento, datetime):
        return f"{momento.year:04d}{momento.month:02d}{momento.day:02d}"
    m = momento.replace(tzinfo=aj.fuso) if momento.tzinfo is None else momento.astimezone(aj.fuso)
    deslocamento = m.utcoffset()
    assert deslocamento is not None
    # Before standard time the offset had seconds, which TS has no room for.
    minutos = round(deslocamento.total_seconds() / 60)
    sinal, minutos = ("-", -minutos) if minutos < 0 else ("+", minutos)
    return f"{m.year:04d}{m.month:02d}{m.day:02d}{m.hour:02d}{m.minute:02d}{m.second:02d}{sinal}{minutos // 60:02d}{minutos % 60:02d}"


def ce(aj: AjustesHl7, valor: Codigo | None) -> str:
    """CE (CWE from 2.7 on): code, text, system. A text without a code stands alone in its component."""
    if valor is None:
        return ""
    if valor.codigo is None and valor.descricao is None:
        return ""
    return juntar(st(aj, valor.codigo), st(aj, valor.descricao), valor.sistema if valor.codigo is not None else "")


def xpn(aj: AjustesHl7, nome: Texto, tipo: str) -> str:
    """A person's name: the first word is the given name, the rest the family name, so that given and family read in a row are the whole."""
    if nome is None or isinstance(nome, Apagar):
        return st(aj, nome)
    primeiro, _, resto = nome.strip().partition(" ")
    return juntar(st(aj, resto.lstrip()), st(aj, primeiro), "", "", "", "", tipo)


@lru_cache(maxsize=20_000)
def xcn(aj: AjustesHl7, p: Pessoal | None) -> str:
    """A professional, with the authority of the number."""
    if p is None or (p.codigo is None and not p.nome):
        return ""
    primeiro, _, resto = (p.nome or "").strip().partition(" ")
    autoridade = st(aj, aj.autoridade) if p.codigo is not None else ""
    return juntar(st(aj, p.codigo), st(aj, resto.lstrip() or None), st(aj, primeiro or None), "", "", "", "", "", autoridade)


@lru_cache(maxsize=20_000)
def pl(aj: AjustesHl7, local: Local | None) -> str:
    """A place: unit, room, bed, facility."""
    if local is None:
        return ""
    return juntar(st(aj, local.unidade), st(aj, local.quarto), st(aj, local.leito), st(aj, local.estabelecimento))


def cx(aj: AjustesHl7, valor: str, autoridade: str, tipo: str) -> str:
    """A number with its authority and type (table 0203)."""
    return f"{st(aj, valor)}^^^{st(aj, autoridade)}^{tipo}"


def ei(aj: AjustesHl7, valor: str) -> str:
    """An entity's identifier with the namespace that makes it unique."""
    return f"{st(aj, valor)}^{st(aj, aj.autoridade)}"


def xad(aj: AjustesHl7, e: Endereco | None) -> str:
    """A home address. Street and number are SAD subcomponents; the IBGE code is the county code."""
    if e is None:
        return ""
    rua = " ".join(p for p in (e.logradouro, e.numero) if p)
    sad = juntar(st(aj, rua or None), st(aj, e.logradouro), st(aj, e.numero), por="&")
    if not (sad or e.complemento or e.bairro or e.municipio or e.uf or e.cep or e.codigo_ibge):
        return ""
    return juntar(
        sad, st(aj, e.complemento), st(aj, e.municipio), st(aj, e.uf), st(aj, e.cep), "BRA", "H", st(aj, e.bairro), st(aj, e.codigo_ibge)
    )


def xtn(aj: AjustesHl7, numero: str | None, equipamento: str) -> str:
    """A telephone of the home (``PH`` or ``CP``); 2.7 has dropped the first component and writes the number into the twelfth."""
    if not numero:
        return ""
    if aj.versao == "2.7":
        return juntar("", "PRN", equipamento, "", "", "", "", "", "", "", "", st(aj, numero))
    return juntar(st(aj, numero), "PRN", equipamento)


def email(aj: AjustesHl7, endereco: str | None) -> str:
    return juntar("", "NET", "Internet", st(aj, endereco)) if endereco else ""

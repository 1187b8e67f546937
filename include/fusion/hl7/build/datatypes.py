"""Data types as text: each function gives one field, escaped, with trailing separators dropped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import Codigo, Endereco, Local, Pessoal, Text
from include.fusion.hl7.wire.escapes import NULL, Delete, approximate, encode, normal_lines


def st(profile: Hl7Profile, value: Text) -> str:
    """A text. ``DELETE`` gives ``""``; ``None`` gives an empty field."""
    if value is None:
        return ""
    if isinstance(value, Delete):
        return NULL
    return encode(normal_lines(approximate(value, profile.charset) if profile.aproximar else value))


def join(*parts: str, separator: str = "^") -> str:
    """Components of one field, or with ``separator="&"`` subcomponents of one component."""
    return separator.join(parts).rstrip(separator)


def segment(name: str, *fields: str) -> str:
    """A segment whose fields start at number 1."""
    return "|".join((name, *fields)).rstrip("|")


def repeat(values: Iterable[str]) -> str:
    """Repetitions of one field, empty ones left out."""
    return "~".join(v for v in values if v)


def numeric(value: float | None) -> str:
    """NM: no exponent, no needless zeros."""
    if value is None:
        return ""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def ts(profile: Hl7Profile, moment: datetime | date | Delete | None) -> str:
    """TS to the second, with the offset of the zone at that moment; a date without a time has no offset."""
    if moment is None:
        return ""
    if isinstance(moment, Delete):
        return NULL
    if not isinstance(moment, datetime):
        return f"{moment.year:04d}{moment.month:02d}{moment.day:02d}"
    m = moment.replace(tzinfo=profile.zone) if moment.tzinfo is None else moment.astimezone(profile.zone)
    offset = m.utcoffset()
    assert offset is not None
    # Offsets before standard time have seconds; TS has no place for them.
    minutes = round(offset.total_seconds() / 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{m.year:04d}{m.month:02d}{m.day:02d}{m.hour:02d}{m.minute:02d}{m.second:02d}{sign}{minutes // 60:02d}{minutes % 60:02d}"


def ce(profile: Hl7Profile, value: Codigo | None) -> str:
    """CE (CWE from 2.7 on): code, text, system. A text without a code stands alone in its component."""
    if value is None or (value.codigo is None and value.descricao is None):
        return ""
    return join(st(profile, value.codigo), st(profile, value.descricao), value.sistema if value.codigo is not None else "")


def xpn(profile: Hl7Profile, name: Text, kind: str) -> str:
    """A person's name. The first word is the given name, the rest is the family name: together they are the whole name."""
    if name is None or isinstance(name, Delete):
        return st(profile, name)
    first, _, rest = name.strip().partition(" ")
    return join(st(profile, rest.lstrip()), st(profile, first), "", "", "", "", kind)


@lru_cache(maxsize=20_000)
def xcn(profile: Hl7Profile, p: Pessoal | None) -> str:
    """A professional, with the authority of the number."""
    if p is None or (p.codigo is None and not p.nome):
        return ""
    first, _, rest = (p.nome or "").strip().partition(" ")
    authority = st(profile, profile.autoridade) if p.codigo is not None else ""
    return join(st(profile, p.codigo), st(profile, rest.lstrip() or None), st(profile, first or None), "", "", "", "", "", authority)


@lru_cache(maxsize=20_000)
def pl(profile: Hl7Profile, local: Local | None) -> str:
    """A place: unit, room, bed, facility."""
    if local is None:
        return ""
    return join(st(profile, local.unidade), st(profile, local.quarto), st(profile, local.leito), st(profile, local.estabelecimento))


def cx(profile: Hl7Profile, value: str, authority: str, kind: str) -> str:
    """A number with its authority and type (table 0203)."""
    return f"{st(profile, value)}^^^{st(profile, authority)}^{kind}"


def ei(profile: Hl7Profile, value: str) -> str:
    """An entity's identifier with the namespace that makes it unique."""
    return f"{st(profile, value)}^{st(profile, profile.autoridade)}"


def xad(profile: Hl7Profile, e: Endereco | None) -> str:
    """A home address. Street and number are SAD subcomponents; the IBGE code is the county code."""
    if e is None:
        return ""
    street = " ".join(p for p in (e.logradouro, e.numero) if p)
    sad = join(st(profile, street or None), st(profile, e.logradouro), st(profile, e.numero), separator="&")
    if not (sad or e.complemento or e.bairro or e.municipio or e.uf or e.cep or e.codigo_ibge):
        return ""
    before = (st(profile, part) for part in (e.complemento, e.municipio, e.uf, e.cep))
    return join(sad, *before, "BRA", "H", st(profile, e.bairro), st(profile, e.codigo_ibge))


def xtn(profile: Hl7Profile, number: str | None, equipment: str) -> str:
    """A telephone of the home (``PH`` or ``CP``); 2.7 has dropped the first component and writes the number into the twelfth."""
    if not number:
        return ""
    if profile.versao == "2.7":
        return join("", "PRN", equipment, "", "", "", "", "", "", "", "", st(profile, number))
    return join(st(profile, number), "PRN", equipment)


def email(profile: Hl7Profile, address: str | None) -> str:
    return join("", "NET", "Internet", st(profile, address)) if address else ""

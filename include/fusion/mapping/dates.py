"""Days and moments as sources write them."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping.values import limpar_texto

_ANO_MIN, _ANO_MAX = 1850, 2200


_BRASILEIRA = re.compile(r"([0-3]?[0-9])/([01]?[0-9])/([0-9]{4})(?:[ T](.+))?")


def _interpretar(valor: str, campo: str) -> datetime:
    try:
        if brasileira := _BRASILEIRA.fullmatch(valor):
            dia, mes, ano, hora = brasileira.groups()
            valor = f"{ano}-{int(mes):02d}-{int(dia):02d}" + (f"T{hora}" if hora else "")
        return datetime.fromisoformat(valor)
    except ValueError:
        raise RegistroInvalido(campo, "data inválida") from None


def _ano_plausivel(valor: date, campo: str) -> None:
    # Before any zone arithmetic: year 1 and year 9999 overflow in it.
    if not _ANO_MIN <= valor.year <= _ANO_MAX:
        raise RegistroInvalido(campo, f"data fora do intervalo {_ANO_MIN} a {_ANO_MAX}")


def data_hora(valor: Any, fuso: ZoneInfo, campo: str) -> datetime | None:
    """An aware datetime. Values without zone are local time of ``fuso``; texts may be ISO or dd/mm/yyyy; a date is its midnight."""
    if valor is None:
        return None
    if isinstance(valor, str):
        if (limpo := limpar_texto(valor)) is None:
            return None
        valor = _interpretar(limpo, campo)
    elif not isinstance(valor, datetime):
        if not isinstance(valor, date):
            raise RegistroInvalido(campo, "data inválida")
        valor = datetime(valor.year, valor.month, valor.day)
    _ano_plausivel(valor, campo)
    return valor.replace(tzinfo=fuso) if valor.tzinfo is None else valor.astimezone(fuso)


def data(valor: Any, campo: str) -> date | None:
    """A day; the time of a datetime is dropped as it stands (a birth date is no instant)."""
    if isinstance(valor, str):
        if (limpo := limpar_texto(valor)) is None:
            return None
        valor = _interpretar(limpo, campo)
    if valor is None:
        return None
    if not isinstance(valor, date):
        raise RegistroInvalido(campo, "data inválida")
    _ano_plausivel(valor, campo)
    return valor.date() if isinstance(valor, datetime) else valor


def data_e_hora(dia: Any, hora: Any, fuso: ZoneInfo, campo: str) -> datetime | None:
    """The moment of a date column and a time column. Without a time the day column stands as it is (it may hold both).

    Sources keep the time in a full timestamp whose date part means nothing: only its clock is used.
    """
    if isinstance(hora, str):
        limpo = limpar_texto(hora)
        try:
            hora = None if limpo is None else time.fromisoformat(limpo) if ":" in limpo[:3] else _interpretar(limpo, campo)
        except ValueError:
            raise RegistroInvalido(campo, "hora inválida") from None
    if hora is None or dia is None:
        return data_hora(dia, fuso, campo)
    if not isinstance(hora, (datetime, time)):
        raise RegistroInvalido(campo, "hora inválida")
    relogio = hora.time() if isinstance(hora, datetime) else hora
    so_dia = data(dia, campo)
    return None if so_dia is None else datetime.combine(so_dia, relogio.replace(tzinfo=None), fuso)

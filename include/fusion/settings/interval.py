"""Intervals as the old .NET services wrote them.

``[d.]HH:MM:SS[.fffffff]`` is the text of a .NET TimeSpan and means a span, not a time of day: ``23:00:05`` is *every 23 hours,
0 minutes and 5 seconds*, not "at 23:00". Hours go from 0 to 23, so a day is ``1.00:00:00``. A number without quotes is seconds;
in quotes it is refused, because .NET reads the text ``"5"`` as five days.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from include.fusion.settings.strict_yaml import achado

_TIMESPAN = re.compile(r"(?:(?P<d>[0-9]{1,4})\.)?(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,7}))?")
_MAXIMO = timedelta(days=3660)


def ler_intervalo(valor: Any) -> timedelta:
    """TimeSpan text or number of seconds as a ``timedelta``, zero included; ``ValueError`` says what is wrong."""
    if isinstance(valor, timedelta):
        return valor
    if isinstance(valor, int | float) and not isinstance(valor, bool):
        if not 0 <= valor <= _MAXIMO.total_seconds():
            raise ValueError(f"expected from 0 to {_MAXIMO.total_seconds():.0f} seconds, found {achado(valor)}")
        return timedelta(seconds=valor)
    partes = _TIMESPAN.fullmatch(valor.strip()) if isinstance(valor, str) else None
    if partes is None:
        raise ValueError(f"expected an interval HH:MM:SS, d.HH:MM:SS or a number of seconds without quotes, found {achado(valor)}")
    dias, horas, minutos, segundos = (int(partes[nome] or 0) for nome in "dhms")
    if minutos > 59 or segundos > 59:
        raise ValueError(f"minutes and seconds go from 0 to 59, found {achado(valor)}")
    if horas > 23:
        certo = texto_timespan(timedelta(days=dias, hours=horas, minutes=minutos, seconds=segundos))
        raise ValueError(f"hours go from 0 to 23, found {achado(valor)}: write {certo} for {dias * 24 + horas} hours")
    fracao = int((partes["f"] or "").ljust(7, "0")) // 10  # .NET counts ticks of 100 ns, Python microseconds
    return timedelta(days=dias, hours=horas, minutes=minutos, seconds=segundos, microseconds=fracao)


def _positivo(valor: Any) -> timedelta:
    lido = ler_intervalo(valor)
    if not lido:
        raise ValueError(f"expected more than zero, found {achado(valor)}")
    return lido


Duracao = Annotated[timedelta, BeforeValidator(ler_intervalo)]
"""A span; zero allowed."""
Intervalo = Annotated[timedelta, BeforeValidator(_positivo)]
"""A span longer than zero."""


def texto_timespan(intervalo: timedelta) -> str:
    """The text that .NET writes: ``1.02:30:00``, ``00:00:00.5000000``."""
    minutos, segundos = divmod(intervalo.seconds, 60)
    texto = f"{minutos // 60:02}:{minutos % 60:02}:{segundos:02}"
    dias = f"{intervalo.days}." if intervalo.days else ""
    return f"{dias}{texto}" + (f".{intervalo.microseconds * 10:07}" if intervalo.microseconds else "")


def por_extenso(intervalo: timedelta) -> str:
    """In words, for data ops: ``23 h 0 min 5 s``, ``10 min``, ``0,5 s``."""
    segundos = f"{intervalo.seconds % 60 + intervalo.microseconds / 1_000_000:g}".replace(".", ",")
    partes = [
        (str(intervalo.days), "d"),
        (str(intervalo.seconds // 3600), "h"),
        (str(intervalo.seconds // 60 % 60), "min"),
        (segundos, "s"),
    ]
    presentes = [i for i, (numero, _) in enumerate(partes) if numero != "0"] or [3]
    return " ".join(f"{numero} {unidade}" for numero, unidade in partes[presentes[0] : presentes[-1] + 1])

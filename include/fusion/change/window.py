"""The overlap window behind a watermark: what it held at a look, so that a later look can tell whether it changed."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from include.fusion.reading.spec import Linha, Origem
from include.fusion.reading.sql import ConsultasSistema

JANELA_MAX = 500
"""Rows of an overlap window, oldest first, that are told apart one by one; a change among further ones waits for the timetable."""


def texto_marcador(valor: Any) -> str:
    """Stored form of a marker: fixed-width ISO for a timestamp, so that text order is time order; ``str`` of anything else."""
    return valor.isoformat(timespec="microseconds") if isinstance(valor, datetime) else str(valor)


def _pares(linhas: Sequence[Linha]) -> list[tuple[str, str]]:
    """(key, marker) of each row, the marker numbered from the second such row of a page on.

    A key may stand for several rows that were written in one second (items of a prescription): one that commits late must not pass for
    another that was seen.
    """
    vezes: Counter[tuple[str, str]] = Counter()
    pares = []
    for linha in linhas:
        par = str(linha["chave"]), texto_marcador(linha["marcador"])
        vezes[par] += 1
        pares.append(par if vezes[par] == 1 else (par[0], f"{par[1]}#{vezes[par]}"))
    return pares


def _local(marcador: datetime, fuso: ZoneInfo) -> datetime:
    """As the source's own clock shows it: a column may keep the zone."""
    return marcador if marcador.tzinfo is None else marcador.astimezone(fuso).replace(tzinfo=None)


def resumo_janela(linha: Linha) -> str:
    """Answer of a watcher's question (quantidade, marcador)."""
    return f"{int(linha['quantidade'] or 0)}/{texto_marcador(linha['marcador'])}"


def ver_janela(consultas: ConsultasSistema, con: Connection, origem: Origem, desde: Any, marca: str | None, linha: Linha) -> str:
    """The answer about what lies behind ``desde`` as it is kept and compared.

    Where a row lies beyond the watermark though all was read (a date in the future), neither count nor newest marker moves when another
    row changes: then the first rows themselves are told, too.
    """
    resumo = resumo_janela(linha)
    if marca is None or not linha["quantidade"] or texto_marcador(linha["marcador"]) <= marca:
        return resumo
    primeiras = consultas.linhas(con, origem.sql, marcador=desde, chave=None, limite=JANELA_MAX)
    pares = [(str(x["chave"]), texto_marcador(x["marcador"])) for x in primeiras]
    return f"{resumo}/{hashlib.sha256(repr(pares).encode()).hexdigest()[:16]}"


class Espreita:
    """Repeated looks at the source while a delivery lingers: cheap ones, and one with the overlap window every ``a_cada`` seconds.

    ``olhar`` takes whether to look at the window, too, and returns how many changes were queued.
    """

    def __init__(self, olhar: Callable[[bool], int], a_cada: float = 10.0) -> None:
        self._olhar = olhar
        self._a_cada = a_cada
        self._janela_em = time.monotonic()

    def __call__(self, ultimo: bool = False) -> int:
        """One look, with the window in any case if it is the ``ultimo``; how many changes were queued."""
        janela = ultimo or time.monotonic() - self._janela_em >= self._a_cada
        if janela:
            self._janela_em = time.monotonic()
        return self._olhar(janela)

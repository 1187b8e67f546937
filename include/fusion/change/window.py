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

from include.fusion.reading.spec import Origin, Row
from include.fusion.reading.sql import SystemQueries

WINDOW_MAX = 500
"""Rows of an overlap window, oldest first, that are told apart one by one; a change among further ones waits for the timetable."""


def marker_text(value: Any) -> str:
    """Stored form of a marker: fixed-width ISO for a timestamp, so that text order is time order; ``str`` of anything else."""
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)


def _pairs(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """(key, marker) of each row, the marker numbered from the second such row of a page on.

    A key may stand for several rows that were written in one second (items of a prescription): one that commits late must not pass for
    another that was seen.
    """
    times_seen: Counter[tuple[str, str]] = Counter()
    pairs = []
    for row in rows:
        pair = str(row["chave"]), marker_text(row["marcador"])
        times_seen[pair] += 1
        pairs.append(pair if times_seen[pair] == 1 else (pair[0], f"{pair[1]}#{times_seen[pair]}"))
    return pairs


def _local(marker: datetime, zone: ZoneInfo) -> datetime:
    """As the source's own clock shows it: a column may keep the zone."""
    return marker if marker.tzinfo is None else marker.astimezone(zone).replace(tzinfo=None)


def window_digest(row: Row) -> str:
    """Answer of a watcher's question (quantidade, marcador)."""
    return f"{int(row['quantidade'] or 0)}/{marker_text(row['marcador'])}"


def look_at_window(queries: SystemQueries, con: Connection, origin: Origin, since: Any, watermark: str | None, row: Row) -> str:
    """The answer about what lies behind ``since`` as it is kept and compared.

    Where a row lies beyond the watermark though all was read (a date in the future), neither count nor newest marker moves when another
    row changes: then the first rows themselves are told, too.
    """
    digest = window_digest(row)
    if watermark is None or not row["quantidade"] or marker_text(row["marcador"]) <= watermark:
        return digest
    first_ones = queries.rows(con, origin.sql, marcador=since, chave=None, limite=WINDOW_MAX)
    pairs = [(str(x["chave"]), marker_text(x["marcador"])) for x in first_ones]
    return f"{digest}/{hashlib.sha256(repr(pairs).encode()).hexdigest()[:16]}"


class Peek:
    """Repeated looks at the source while a delivery lingers: cheap ones, and one with the overlap window every ``every`` seconds.

    ``look`` takes whether to look at the window, too, and returns how many changes were queued.
    """

    def __init__(self, look: Callable[[bool], int], every: float = 10.0) -> None:
        self._look = look
        self._every = every
        self._window_at = time.monotonic()

    def __call__(self, last: bool = False) -> int:
        """One look, with the window in any case if it is the ``last``; how many changes were queued."""
        window = last or time.monotonic() - self._window_at >= self._every
        if window:
            self._window_at = time.monotonic()
        return self._look(window)

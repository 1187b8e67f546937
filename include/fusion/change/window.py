"""The overlap window behind a watermark: a digest of its rows tells a later look whether they changed."""

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
"""Most rows of a window, oldest first, that go into its digest. A change in a later row waits for the next scheduled run."""


def marker_text(value: Any) -> str:
    """Stored text of a marker. A timestamp is ISO text of fixed width, so that text order is time order."""
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)


def _pairs(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """(key, marker) of each row. From the second equal pair of a page on, the marker gets a number.

    Several rows of one key may have the same second (items of a prescription). One that commits late must not look like a seen one.
    """
    times_seen: Counter[tuple[str, str]] = Counter()
    pairs = []
    for row in rows:
        pair = str(row["chave"]), marker_text(row["marcador"])
        times_seen[pair] += 1
        pairs.append(pair if times_seen[pair] == 1 else (pair[0], f"{pair[1]}#{times_seen[pair]}"))
    return pairs


def _local(marker: datetime, zone: ZoneInfo) -> datetime:
    """Local time of the source, without zone: some columns have a zone."""
    return marker if marker.tzinfo is None else marker.astimezone(zone).replace(tzinfo=None)


def window_digest(row: Row) -> str:
    """Text of a probe's answer (quantidade, marcador)."""
    return f"{int(row['quantidade'] or 0)}/{marker_text(row['marcador'])}"


def look_at_window(queries: SystemQueries, con: Connection, origin: Origin, since: Any, watermark: str | None, row: Row) -> str:
    """Digest of the rows after ``since``; ``row`` is the probe's answer about them. It is stored and compared.

    A row may lie beyond the watermark although everything was read (a date in the future). Then the probe's answer does not move when
    another row changes, so the digest includes the first rows themselves.
    """
    digest = window_digest(row)
    if watermark is None or not row["quantidade"] or marker_text(row["marcador"]) <= watermark:
        return digest
    first_rows = queries.rows(con, origin.sql, marcador=since, chave=None, limite=WINDOW_MAX)
    pairs = [(str(x["chave"]), marker_text(x["marcador"])) for x in first_rows]
    return f"{digest}/{hashlib.sha256(repr(pairs).encode()).hexdigest()[:16]}"


class Peek:
    """Cheap looks at the source while a delivery lingers; every ``every`` seconds one includes the overlap window.

    ``look(window)`` returns how many changes it queued.
    """

    def __init__(self, look: Callable[[bool], int], every: float = 10.0) -> None:
        self._look = look
        self._every = every
        self._window_at = time.monotonic()

    def __call__(self, last: bool = False) -> int:
        """One look; returns how many changes it queued. The ``last`` look always includes the window."""
        window = last or time.monotonic() - self._window_at >= self._every
        if window:
            self._window_at = time.monotonic()
        return self._look(window)

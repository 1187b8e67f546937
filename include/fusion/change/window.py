"""The overlap window behind a watermark: a digest of its rows tells a later look whether they changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from include.fusion.reading.spec import Origin, Row
from include.fusion.reading.sql import SystemQueries

WINDOW_MAX = 500
"""Most rows of a window, oldest first, that go into its digest. A change in a later row waits for the next scheduled run."""


def marker_text(value: Any) -> str:
    """Stored text of a marker. A timestamp is ISO text of fixed width, so that text order is time order."""
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)


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

"""Carga by watermark: queues the keys that changed at a source since the watermark.

Pages are ordered by (marker, key), so rows with one timestamp may be on two pages. Each pass starts an overlap window before the watermark:
a transaction may begin before it and commit after it. Seen rows of the window are known by key and marker; rows with the same key and marker
also by their number. One transaction of the integration database writes a page's rows and the watermark. The watermark never passes the
source's clock: a row stamped ahead of the clock would hide the rows that come next. Nor does it leave a transaction behind its window that
the source (PostgreSQL) still has open.

A pass over the window that finds nothing new settles the origin: it stores the probe's answer about the window. A later answer that differs
is a reason to look again: a late commit may hide behind the watermark.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from include.fusion.change.open_transactions import OpenTransactions
from include.fusion.change.replica import ReplicaTable
from include.fusion.change.result import ScanResult
from include.fusion.change.window import look_at_window, marker_text
from include.fusion.reading.spec import Origin, Row
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.clock import NOW, now
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.ledger import Ledger
from include.fusion.store.watermarks import Watermark, Watermarks

CLOCK_TOLERANCE = timedelta(minutes=5)
"""A marker further ahead of our clock is a wrong date, and counts as ``futuros``."""
SECOND_OPEN = timedelta(seconds=2)
"""A second stays open for so long after its start: rows with it as their marker may still come, and need time to commit."""
SECOND_AHEAD = timedelta(seconds=10)
"""A marker may be so far ahead of the source's clock, because another machine stamped it. A row further ahead is queued, but does
not move the watermark."""
START = datetime(1753, 1, 1)
"""The first date that the timestamp types of all databases can hold."""
CLOCK_VALIDITY = 60.0
"""Seconds until the difference between the source's clock and ours is measured again."""


@dataclass(eq=False)
class WatermarkScan:
    """Fills queues from the origins of one system. ``fila`` returns the queue of an origin's process. Not thread-safe.

    ``step``: only the origins of that search step; ``None`` for all. ``without_watermark``: where an origin without watermark starts, at its
    first row (``tudo``) or at the source's now (``agora``).
    """

    queries: SystemQueries
    fusion: Engine
    fila: Callable[[str], Fila]
    watermarks: Watermarks
    _: KW_ONLY
    zone: ZoneInfo
    overlap: timedelta
    page: int
    without_watermark: Literal["tudo", "agora"] = "tudo"
    step: str | None = None

    def __post_init__(self) -> None:
        self.number: Callable[[str], int] = lambda _: self.watermarks.integracao_id
        """Returns a process's IntegracaoID in Fusion."""
        self._open_rows: set[tuple[str, str, str]] = set()
        self._clock: tuple[float, timedelta] | None = None
        self._transactions = OpenTransactions()

    @property
    def origins(self) -> list[Origin]:
        return [o for o in self.queries.origins if self.step in (None, o.step)]

    def run(
        self, progress: Callable[[ScanResult], None] | None = None, *, window: bool = True, result: ScanResult | None = None
    ) -> ScanResult:
        """Queue everything that changed since the last pass. Safe to repeat and to run twice at once. Adds its counts to ``result``.

        ``window`` False skips the overlap window: of looks in quick succession, only some need it.
        """
        result = result or ScanResult()
        with self.queries.engine.connect() as con:
            for origin in self.origins:
                before = result.enfileirados
                self._pass_over(con, origin, window, result, progress)
                result.por_origem[origin.nome] = result.enfileirados - before
        return result

    def _pass_over(
        self, con: Connection, origin: Origin, window: bool, result: ScanResult, progress: Callable[[ScanResult], None] | None
    ) -> None:
        # Asked before the clock and any row: what ends in between is read, and what begins is inside the window.
        oldest = self._transactions.oldest(con)
        con.rollback()
        source_now = self._source_now(con)
        # Up to here the watermark may move: the window behind it must reach the oldest open transaction.
        last = min(filter(None, (source_now + SECOND_AHEAD, self._reach(origin, oldest))))
        start, key = self._start(origin, window, source_now)
        # Asked before the rows are read: a commit in between changes the next answer, so it is found then.
        in_window = self._in_window(con, origin, start) if window else ""
        cursor, new, limit = start, 0, self.page
        while True:
            rows = self._page(con, origin, cursor, key, limit)
            con.rollback()  # End the transaction at the hospital's database before we write to ours.
            if rows:
                new += self._write_page(origin, rows, result, source_now, last, from_start=start == START)
                if progress is not None:
                    progress(result)
            if len(rows) < limit:
                break
            marker, last_key = rows[-1]["marcador"], rows[-1]["chave"]
            if marker != cursor:
                limit = self.page
            elif key is not None and last_key <= key:
                # The driver rounds the marker down and returns the same page for ever: only a longer page sees the rows behind it.
                limit *= 2
                continue
            cursor, key = marker, last_key
        if window and not new:
            self._settle(origin, start, in_window)

    def _page(self, con: Connection, origin: Origin, cursor: Any, key: Any, limit: int) -> list[dict[str, Any]]:
        """Rows after (cursor, key). A marker that the driver returns as text is converted: it needs the overlap window and a fixed width."""
        rows = self.queries.rows(con, origin.sql, marcador=cursor, chave=key, limite=limit)
        for row in rows:
            if isinstance(row["marcador"], str):
                row["marcador"] = self.queries.sistema.read_marker(row["marcador"])
        return rows

    def mark_start(self) -> None:
        """Set the watermark of each origin without one to the source's now: later changes are live traffic."""
        with self.queries.engine.connect() as there:
            oldest, source_now = self._transactions.oldest(there), self._source_now(there)
        for origin in self.origins:
            start = min(filter(None, (source_now, self._reach(origin, oldest))))
            with self.fusion.begin() as con:
                if self.watermarks.lock(con, origin.nome) is None:
                    self.watermarks.write(con, origin.nome, Watermark(marker_text(start), ""))

    def _reach(self, origin: Origin, oldest: datetime | None) -> datetime | None:
        """The last watermark whose window holds the oldest open transaction."""
        return None if oldest is None else _local(oldest, self.zone) + origin.window(self.overlap)

    def _source_now(self, con: Connection) -> datetime:
        """The source's clock, in local time like its markers."""
        if self._clock is None or time.monotonic() - self._clock[0] > CLOCK_VALIDITY:
            # We have no statement for the clock of some databases (IRIS): their clock counts as equal to ours.
            there = con.execute(select(now())).scalar_one() if con.dialect.name in NOW else datetime.now(UTC)
            self._clock = (time.monotonic(), there - datetime.now(UTC))
        return (datetime.now(UTC) + self._clock[1]).astimezone(self.zone).replace(tzinfo=None)

    def _start(self, origin: Origin, window: bool, source_now: datetime) -> tuple[Any, Any]:
        with self.fusion.connect() as con:
            watermark = self.watermarks.read(con, origin.nome)
        if watermark is None and self.without_watermark == "agora":
            self.mark_start()
            with self.fusion.connect() as con:
                watermark = self.watermarks.read(con, origin.nome)
        if watermark is None or watermark.marcador is None:
            return START, None
        marker = self.queries.sistema.read_marker(watermark.marcador)
        if window or not watermark.chave:
            return self._step_back(origin, marker), None
        # While its second is open, keys smaller than the last one may still come.
        return marker, None if self._opened(marker, source_now) else self.queries.sistema.key_of(origin, watermark.chave)

    def _in_window(self, con: Connection, origin: Origin, start: Any) -> str:
        with self.fusion.connect() as fusion:
            watermark = self.watermarks.read(fusion, origin.nome)
        row = self.queries.rows(con, origin.sql_probe, marcador=start)[0]
        return look_at_window(self.queries, con, origin, start, watermark.marcador if watermark else None, row)

    def _settle(self, origin: Origin, start: Any, in_window: str) -> None:
        """Store the answer about the window: all its rows are queued."""
        with self.fusion.begin() as con:
            watermark = self.watermarks.lock(con, origin.nome)
            if watermark is None or watermark.marcador is None or watermark.in_window == in_window:
                return
            if self._step_back(origin, self.queries.sistema.read_marker(watermark.marcador)) == start:
                self.watermarks.write(con, origin.nome, watermark.settled(in_window))

    def _step_back(self, origin: Origin, marker: Any) -> Any:
        return marker - origin.window(self.overlap) if isinstance(marker, datetime) else marker

    def _write_page(
        self, origin: Origin, rows: list[dict[str, Any]], result: ScanResult, source_now: datetime, last: datetime, *, from_start: bool
    ) -> int:
        """Queue the new rows of a page and move the watermark, to ``last`` at most, in one transaction. Returns how many rows are not seen yet.

        Somebody may delete the watermark meanwhile, to have everything compared. Then only a pass from the start writes it again.
        """
        limit = datetime.now(self.zone).replace(tzinfo=None) + CLOCK_TOLERANCE
        valid = [row for row in rows if not self._is_future(row, last)]
        result.lidos += len(rows)
        with self.fusion.begin() as con:
            watermark = self.watermarks.lock(con, origin.nome)
            seen = self.watermarks.seen(con, origin.nome, [str(row["chave"]) for row in rows])
            unseen = [(pair, row) for pair, row in zip(_pairs(rows), rows, strict=True) if pair not in seen]
            new_pairs = [(pair, row) for pair, row in unseen if not self._seen_while_open(origin, pair, row, source_now)]
            new = [row for _, row in new_pairs]
            if new:
                items = (
                    FilaItem(str(x["chave"]), str(x["chave_paciente"] or ""), x["operacao"], x.get("prioridade", origin.prioridade))
                    for x in self._that_differ(con, origin, new)
                )
                result.enfileirados += self.fila(origin.processo).enqueue(con, items)
                result.futuros += sum(self._is_future(row, limit) for row in new)
            floor = None
            if valid:
                text, key = marker_text(valid[-1]["marcador"]), str(valid[-1]["chave"])
                floor = marker_text(self._step_back(origin, valid[-1]["marcador"]))
                # A new row changes the window, even where the watermark stays: the stored answer is no longer right.
                changed = (
                    watermark is None
                    or (watermark.marcador, watermark.chave) != (text, key)
                    or (bool(new) and watermark.in_window is not None)
                )
                moves = watermark is None or (from_start if watermark.marcador is None else text >= watermark.marcador)
                if changed and moves:
                    self.watermarks.write(con, origin.nome, Watermark(text, key))
                    self.watermarks.prune(con, origin.nome, floor)
            closed = [pair for pair, row in new_pairs if not self._opened(row["marcador"], source_now)]
            self.watermarks.mark_seen(con, origin.nome, [pair for pair in closed if floor is None or pair[1] >= floor])
        self._open_rows |= {(origin.nome, *pair) for pair, row in new_pairs if self._opened(row["marcador"], source_now)}
        self._open_rows -= {(origin.nome, *pair) for pair in closed}
        return len(unseen)

    def _that_differ(self, con: Connection, origin: Origin, new: Sequence[Row]) -> Sequence[Row]:
        """The new rows to queue: all, those that differ from the replica, or those neither delivered nor in the queue (``only_new``)."""
        if origin.only_new:
            keys = {str(x["chave"]) for x in new}
            ledger = Ledger(self.fusion, self.number(origin.processo), self.queries.sistema.processo(origin.processo).entidade)
            delivered = {key for key, delivery in ledger.read(con, keys).items() if not delivery.cancelled}
            known = delivered | self.fila(origin.processo).open_rows(con, keys - delivered).keys()
            return [x for x in new if str(x["chave"]) not in known]
        return ReplicaTable(origin.replica, self.watermarks.integracao_id).write(con, new) if origin.replica is not None else new

    def _seen_while_open(self, origin: Origin, pair: tuple[str, str], row: Row, source_now: datetime) -> bool:
        """Whether the row was queued while its second was open. It is queued again after that: a second change would look the same."""
        return self._opened(row["marcador"], source_now) and (origin.nome, *pair) in self._open_rows

    def _opened(self, marker: Any, source_now: datetime) -> bool:
        """Whether more changes may come with this marker: it has whole seconds, and its second is not over."""
        if not isinstance(marker, datetime) or marker.microsecond:
            return False
        return -SECOND_AHEAD < source_now - _local(marker, self.zone) < SECOND_OPEN

    def _is_future(self, row: Row, limit: datetime) -> bool:
        return isinstance(row["marcador"], datetime) and _local(row["marcador"], self.zone) > limit


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

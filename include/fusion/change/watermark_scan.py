"""Carga: changed keys of a source, from the watermark on, into a queue.

Pages are ordered by (marker, key), so several rows with one timestamp may straddle a page. Each pass starts an overlap window before the
watermark, for rows whose transaction began before it and committed after; rows of that window already seen are told apart by their
marker, and rows of one key and one marker by their number. A page's rows and its watermark are written in one transaction of the
integration database. The watermark never passes the source's clock: behind a row stamped ahead of it, the next ones would be skipped.

A pass over the window that finds nothing new settles the origin: it keeps what the watcher's question about the window answered, and
any other answer later is a reason to look, such as a commit that came late and hides behind the watermark.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from include.fusion.change.replica import ReplicaTable
from include.fusion.change.result import ScanResult
from include.fusion.change.window import _local, _pairs, look_at_window, marker_text
from include.fusion.reading.spec import Origin, Row
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.clock import NOW, now
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.ledger import Ledger
from include.fusion.store.watermarks import Watermark, Watermarks

CLOCK_TOLERANCE = timedelta(minutes=5)
"""A marker further ahead of our clock than this is a wrong date, and counted as such."""
SECOND_OPEN = timedelta(seconds=2)
"""So long after its beginning a second may still bring changes that carry it as their marker: itself, and another for their commit."""
SECOND_AHEAD = timedelta(seconds=10)
"""So far ahead of the source's clock a marker may be, as another machine there stamped it, and its second still be to come.

A row further ahead is queued, but the watermark stays."""
START = datetime(1753, 1, 1)
"""The first date that every engine's timestamp type can hold."""
CLOCK_VALIDITY = 60.0
"""Seconds for which the difference between the source's clock and ours is taken as measured."""


class WatermarkScan:
    """Feeds queues from the origins of one system: ``fila`` gives the queue of an origin's process. Not shared between threads.

    ``step``: only the origins of that search step; ``None`` for all.
    """

    def __init__(
        self,
        queries: SystemQueries,
        fusion: Engine,
        fila: Callable[[str], Fila],
        watermarks: Watermarks,
        *,
        zone: ZoneInfo,
        overlap: timedelta,
        page: int,
        without_watermark: Literal["tudo", "agora"] = "tudo",
        step: str | None = None,
    ) -> None:
        self.queries = queries
        self.fusion = fusion
        self.fila = fila
        self.watermarks = watermarks
        self.zone = zone
        self.sobreposicao = overlap
        self.pagina = page
        self.without_watermark = without_watermark
        self.step = step
        self.numero: Callable[[str], int] = lambda _: watermarks.integracao_id
        """IntegracaoID under which a process's records arrive."""
        self._open_rows: set[tuple[str, str, str]] = set()
        self._clock: tuple[float, timedelta] | None = None

    @property
    def origins(self) -> list[Origin]:
        return [o for o in self.queries.origins if self.step in (None, o.step)]

    def run(
        self, progress: Callable[[ScanResult], None] | None = None, *, window: bool = True, result: ScanResult | None = None
    ) -> ScanResult:
        """Queue everything that changed since the last pass; safe to repeat and to run beside itself. Counts are added to ``result``.

        ``window`` False leaves the overlap window out: for looks that follow one another closely, of which only some need it.
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
        source_now = self._source_now(con)
        start, key = self._start(origin, window, source_now)
        # Asked before the rows are read: what commits in between changes the answer, and is looked for.
        in_window = self._in_window(con, origin, start) if window else ""
        cursor, new, limit = start, 0, self.pagina
        while True:
            rows = self._page(con, origin, cursor, key, limit)
            con.rollback()  # No snapshot of the hospital's database is held while we write to ours.
            if rows:
                new += self._write_page(origin, rows, result, source_now, from_start=start == START)
                if progress is not None:
                    progress(result)
            if len(rows) < limit:
                break
            marker, last = rows[-1]["marcador"], rows[-1]["chave"]
            if marker != cursor:
                limit = self.pagina
            elif key is not None and last <= key:
                # A driver that rounds the marker down hands out the same page for ever: only a longer one sees what lies behind it.
                limit *= 2
                continue
            cursor, key = marker, last
        if window and not new:
            self._settle(origin, start, in_window)

    def _page(self, con: Connection, origin: Origin, cursor: Any, key: Any, limit: int) -> list[dict[str, Any]]:
        """Rows behind (cursor, chave). A driver may give a moment as text: left so, it would have no overlap window and no fixed width."""
        rows = self.queries.rows(con, origin.sql, marcador=cursor, chave=key, limite=limit)
        for row in rows:
            if isinstance(row["marcador"], str):
                row["marcador"] = self.queries.sistema.read_marker(row["marcador"])
        return rows

    def mark_start(self) -> None:
        """Set the watermark of every origin that has none to the source's now: what changes from here on is live traffic."""
        with self.queries.engine.connect() as there:
            start = marker_text(self._source_now(there))
        for origin in self.origins:
            with self.fusion.begin() as con:
                self.watermarks.lock(con, origin.nome)
                if self.watermarks.read(con, origin.nome) is None:
                    self.watermarks.write(con, origin.nome, Watermark(start, ""))

    def _now(self) -> datetime:
        return datetime.now(self.zone).replace(tzinfo=None)

    def _source_now(self, con: Connection) -> datetime:
        """The source's own clock, as the local time that its markers have."""
        if self._clock is None or time.monotonic() - self._clock[0] > CLOCK_VALIDITY:
            # An engine whose clock we have no words for (IRIS) is taken to agree with us.
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
        # In a second that is not over, smaller keys than the last one may still come.
        return marker, None if self._opened(marker, source_now) else self.queries.sistema.key_of(origin, watermark.chave)

    def _in_window(self, con: Connection, origin: Origin, start: Any) -> str:
        with self.fusion.connect() as fusion:
            watermark = self.watermarks.read(fusion, origin.nome)
        row = self.queries.rows(con, origin.sql_probe, marcador=start)[0]
        return look_at_window(self.queries, con, origin, start, watermark.marcador if watermark else None, row)

    def _settle(self, origin: Origin, start: Any, in_window: str) -> None:
        """Keep the answer about the window behind this watermark, of which all is queued."""
        with self.fusion.begin() as con:
            watermark = self.watermarks.lock(con, origin.nome)
            if watermark is None or watermark.marcador is None or watermark.in_window == in_window:
                return
            if self._step_back(origin, self.queries.sistema.read_marker(watermark.marcador)) == start:
                self.watermarks.write(con, origin.nome, watermark.settled(in_window))

    def _step_back(self, origin: Origin, marker: Any) -> Any:
        return marker - origin.window(self.sobreposicao) if isinstance(marker, datetime) else marker

    def _write_page(self, origin: Origin, rows: list[dict[str, Any]], result: ScanResult, source_now: datetime, *, from_start: bool) -> int:
        """Enqueue what is new of a page and move the watermark, in one transaction; how many rows were new, or may be yet.

        A watermark that somebody took away meanwhile, to have everything compared, stays away, unless that is what this pass does.
        """
        ahead, limit = source_now + SECOND_AHEAD, self._now() + CLOCK_TOLERANCE
        valid = [row for row in rows if not self._is_future(row, ahead)]
        result.lidos += len(rows)
        with self.fusion.begin() as con:
            self.watermarks.lock(con, origin.nome)
            watermark = self.watermarks.read(con, origin.nome)
            seen = self.watermarks.seen(con, origin.nome, [str(row["chave"]) for row in rows])
            unseen = [(pair, row) for pair, row in zip(_pairs(rows), rows, strict=True) if pair not in seen]
            new_pairs = [(pair, row) for pair, row in unseen if not self._seen_while_open(origin, pair, row, source_now)]
            new = [row for _, row in new_pairs]
            if new:
                result.enfileirados += self.fila(origin.processo).enqueue(
                    con, (self._item(origin, x) for x in self._that_differ(con, origin, new))
                )
                result.futuros += sum(self._is_future(row, limit) for row in new)
            floor = None
            if valid:
                text, key = marker_text(valid[-1]["marcador"]), str(valid[-1]["chave"])
                floor = marker_text(self._step_back(origin, valid[-1]["marcador"]))
                # With something new the window is no longer what was counted, even where the watermark stays.
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
        """What goes on of new rows: all of them, those that are not what the copy has, or those that Fusion has not and no row is about."""
        if origin.only_new:
            keys = {str(x["chave"]) for x in new}
            ledger = Ledger(self.fusion, self.numero(origin.processo), self.queries.sistema.processo(origin.processo).entidade)
            delivered = {key for key, delivery in ledger.read(con, keys).items() if not delivery.cancelled}
            known = delivered | self.fila(origin.processo).open_rows(con, keys - delivered).keys()
            return [x for x in new if str(x["chave"]) not in known]
        return ReplicaTable(origin.replica, self.watermarks.integracao_id).write(con, new) if origin.replica is not None else new

    def _seen_while_open(self, origin: Origin, pair: tuple[str, str], row: Row, source_now: datetime) -> bool:
        """Queued while its second was not over: a second change within it would look the same, so it is queued once more when it is."""
        return self._opened(row["marcador"], source_now) and (origin.nome, *pair) in self._open_rows

    def _opened(self, marker: Any, source_now: datetime) -> bool:
        """Whether more changes may still come with this very marker: one of whole seconds, and of a second that is not over."""
        if not isinstance(marker, datetime) or marker.microsecond:
            return False
        return -SECOND_AHEAD < source_now - _local(marker, self.zone) < SECOND_OPEN

    def _is_future(self, row: Row, limit: datetime) -> bool:
        return isinstance(row["marcador"], datetime) and _local(row["marcador"], self.zone) > limit

    @staticmethod
    def _item(origin: Origin, row: Row) -> FilaItem:
        priority = row.get("prioridade", origin.prioridade)
        return FilaItem(str(row["chave"]), str(row["chave_paciente"] or ""), row["operacao"], priority)

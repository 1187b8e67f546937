"""One look for work at a source: journals, markers, version scans, sweeps, and requests of Fusion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from include.fusion.change.journal import DrainJournal
from include.fusion.change.result import ScanResult
from include.fusion.change.version_scan import VersionScan
from include.fusion.change.watermark_scan import WatermarkScan
from include.fusion.reading.spec import Sweep
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.watermarks import Watermarks


@dataclass(eq=False)
class Search:
    """Everything that one search step looks at; ``step`` ``None`` means all steps.

    ``fila`` and ``number`` return a process's queue and its IntegracaoID in Fusion; ``sweep_every`` the time between two of its sweeps.
    ``after`` is called at the end of a look; it returns how many rows it queued.
    """

    queries: SystemQueries
    fusion: Engine
    fila: Callable[[str], Fila]
    watermarks: Watermarks
    carga: WatermarkScan
    _: KW_ONLY
    page: int
    sweep_every: Callable[[str], timedelta]
    number: Callable[[str], int]
    step: str | None = None
    snapshots: VersionScan | None = None
    after: Callable[[], int] | None = None

    def __post_init__(self) -> None:
        self.carga.number = self.number

    def run(self, on_progress: Callable[[ScanResult], None] | None = None, *, window: bool = True) -> ScanResult:
        """Queue everything that changed. ``window`` False: skip the overlap window of the markers."""
        result = ScanResult()
        system = self.queries.sistema
        processos = {p.nome: (p.entidade, self.number(p.nome)) for p in system.processos}

        def advanced(_: object) -> None:
            if on_progress is not None:
                on_progress(result)

        for journal in system.journals:
            if self.step in (None, journal.step):
                change = DrainJournal(self.queries, self.fusion, self.fila, processos, journal, self.page, self.watermarks)
                result.add(journal.nome, *change.run(advanced))
        if self.carga.origins:
            self.carga.run(on_progress, window=window, result=result)
        if self.snapshots is not None:
            self.snapshots.run(result, advanced)
        for sweep in system.sweeps:
            if self.step in (None, sweep.step):
                self._sweep(sweep, result)
        if self.after is not None:
            result.enfileirados += self.after()
        return result

    def _sweep(self, sweep: Sweep, result: ScanResult) -> None:
        with self.fusion.connect() as con:
            last = self.watermarks.done_at(con, sweep.nome)
        now = datetime.now(UTC)
        if last is not None and now - last < self.sweep_every(sweep.processo):
            return
        # One day more: the source's dates may have no time, and clocks differ.
        since = (last or now).astimezone(self.carga.zone).replace(tzinfo=None) - timedelta(days=1)
        with self.queries.engine.connect() as con:
            rows = self.queries.rows(con, sweep.sql_ronda, desde=since)
        with self.fusion.begin() as con:
            items = [FilaItem(str(x["chave"]), str(x["chave_paciente"] or "")) for x in rows]
            enqueued = self.fila(sweep.processo).enqueue(con, items)
            self.watermarks.done(con, sweep.nome)
        result.add(sweep.nome, len(rows), enqueued)

"""One look for work at a source: its journals, its change markers, its images, its rounds, and what Fusion asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from include.fusion.change.journal import DrainJournal
from include.fusion.change.result import ScanResult
from include.fusion.change.watermark_scan import WatermarkScan
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.watermarks import Watermarks

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from include.fusion.change.version_scan import VersionScan
    from include.fusion.reading.spec import Sweep


class Search:
    """Everything that one search step looks at; ``step`` ``None`` means every step. ``number``: a process's IntegracaoID in Fusion.
    ``sweep_every``: time between two rounds for a process.

    ``after``: done after a look with what waits then; returns how many rows it queued.
    """

    def __init__(
        self,
        queries: SystemQueries,
        fusion: Engine,
        fila: Callable[[str], Fila],
        watermarks: Watermarks,
        carga: WatermarkScan,
        *,
        page: int,
        sweep_every: Callable[[str], timedelta],
        step: str | None = None,
        number: Callable[[str], int],
        snapshots: VersionScan | None = None,
        after: Callable[[], int] | None = None,
    ) -> None:
        self.queries = queries
        self.fusion = fusion
        self.fila = fila
        self.watermarks = watermarks
        self.carga = carga
        self.pagina = page
        self.sweep_every = sweep_every
        self.step = step
        self.numero = carga.numero = number
        self.snapshots = snapshots
        self.after = after

    def run(self, on_progress: Callable[[ScanResult], None] | None = None, *, window: bool = True) -> ScanResult:
        """Queue all that is new. ``window`` False: without the overlap window of the markers."""
        result = ScanResult()
        system = self.queries.sistema
        processos = {p.nome: (p.entidade, self.numero(p.nome)) for p in system.processos}

        def advanced(_: object) -> None:
            if on_progress is not None:
                on_progress(result)

        for journal in system.journals:
            if self.step in (None, journal.step):
                change = DrainJournal(self.queries, self.fusion, self.fila, processos, journal, self.pagina)
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
        # By the source's day and one more: its DATEs may have no time, and clocks differ.
        since = (last or now).astimezone(self.carga.zone).replace(tzinfo=None) - timedelta(days=1)
        with self.queries.engine.connect() as con:
            rows = self.queries.rows(con, sweep.sql_ronda, desde=since)
        with self.fusion.begin() as con:
            items = [FilaItem(str(x["chave"]), str(x["chave_paciente"] or "")) for x in rows]
            enqueued = self.fila(sweep.processo).enqueue(con, items)
            self.watermarks.done(con, sweep.nome)
        result.add(sweep.nome, len(rows), enqueued)

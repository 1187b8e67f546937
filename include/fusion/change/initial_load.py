"""Initial load: puts the keys of the whole history into a queue of its own, page by page, with a checkpoint per page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from include.fusion.change.replay import ReplayRequest
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.watermarks import Watermarks


@dataclass
class Checkpoint:
    """How far the load is. Its field names are stored as JSON."""

    chave: str | None = None
    feitos: int = 0
    total: int = 0
    concluida: bool = False
    recomeco: str = ""
    """The run that asked last for a new beginning, so that its retries go on instead."""


class PagedLoad:
    """A load that stores its checkpoint. Not thread-safe."""

    def __init__(self, queries: SystemQueries, fusion: Engine, watermarks: Watermarks, *, page: int) -> None:
        self.queries = queries
        self.fusion = fusion
        self.watermarks = watermarks
        self.pagina = page

    def checkpoint(self) -> Checkpoint:
        """The stored checkpoint; an empty one before the first run."""
        with self.fusion.connect() as con:
            return Checkpoint(**self.watermarks.checkpoint(con))

    def restart(self, run: str = "") -> None:
        """Forget the checkpoint: the next load begins with the first record. The ledger still stops unchanged records.

        ``run``: who asks; a second time by the same run changes nothing.
        """
        if run and self.checkpoint().recomeco == run:
            return
        with self.fusion.begin() as con:
            self._write(con, Checkpoint(recomeco=run))

    def _total(self) -> int:
        with self.queries.engine.connect() as con:
            row = self.queries.rows(con, self.queries.sistema.sql_total)[0]
        return int(next(iter(row.values())))

    def _write(self, con: Any, checkpoint: Checkpoint) -> None:
        # An engine from before that field reads what it knows.
        stored = {name: value for name, value in vars(checkpoint).items() if name != "recomeco" or value}
        self.watermarks.save_checkpoint(con, checkpoint.chave, stored)


class InitialLoad(PagedLoad):
    """A killed load goes on after its last key; what it queued stays queued."""

    def __init__(self, queries: SystemQueries, fusion: Engine, fila: Fila, watermarks: Watermarks, *, page: int, priority: int) -> None:
        super().__init__(queries, fusion, watermarks, page=page)
        self.fila = fila
        self.priority = priority

    def run(self, *, on_progress: Callable[[Checkpoint], None], wait: Callable[[], None]) -> Checkpoint:
        """Queue every key after the checkpoint. ``wait`` is called before each page and blocks while the load is paused."""
        checkpoint = self.checkpoint()
        if checkpoint.concluida:
            return checkpoint
        checkpoint.total = self._total()
        system = self.queries.sistema
        with self.queries.engine.connect() as source_con:
            while True:
                wait()
                key = None if checkpoint.chave is None else system.key_type(checkpoint.chave)
                rows = self.queries.rows(source_con, system.sql_keys, chave=key, limite=self.pagina, **ReplayRequest().filters(system))
                source_con.rollback()
                checkpoint.feitos += len(rows)
                checkpoint.chave = str(rows[-1]["chave"]) if rows else checkpoint.chave
                checkpoint.concluida = len(rows) < self.pagina
                with self.fusion.begin() as con:
                    if rows:
                        self.fila.enqueue(
                            con, (FilaItem(str(x["chave"]), str(x["chave_paciente"] or ""), x["operacao"], self.priority) for x in rows)
                        )
                    self._write(con, checkpoint)
                on_progress(checkpoint)
                if checkpoint.concluida:
                    return checkpoint

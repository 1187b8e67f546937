"""Compares versioned tables with their stored snapshot, block by block, for the version scan and for the watcher."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.sql.elements import ColumnElement

from include.fusion.errors import SourceShrank
from include.fusion.reading.spec import Snapshot
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.tables import snapshot as table
from include.fusion.store.watermarks import Watermark, Watermarks

BLOCK = 500
"""Keys per block."""
RENEWAL = 10.0
"""Seconds after which a table is compared whatever its counter says: PostgreSQL may report counters this late."""


REST_MOVED, REST_IDLE = 4, 19
"""A table rests this many times the duration of its last comparison: when its counter moved, and when only time passed."""
LOSS_MIN = 200
"""So many rows may always vanish from a table between two looks."""
BlockSums = dict[int, tuple[int, int]]
"""Block → (number of rows, sum of their parcelas)."""


def of_step(queries: SystemQueries, step: str | None) -> list[Snapshot]:
    """Tables of one search step (``None``: of all steps); the table of the records comes last."""
    return sorted((s for s in queries.sistema.snapshots if step in (None, s.step)), key=lambda s: s.principal)


def counters(queries: SystemQueries, con: Connection) -> dict[str, int]:
    """``schema.table`` → its counter of writes; empty where the source has no counters."""
    file = queries.sistema.sql_changes
    if not file or not re.sub("--.*", "", queries.sql(file).text).strip():
        return {}
    return {f"{x['esquema']}.{x['tabela']}": int(x["contador"]) for x in queries.rows(con, file)}


class Comparer:
    """Compares the source's block sums with the stored ones, and decides when that is worth its cost. Not thread-safe."""

    def __init__(self, queries: SystemQueries, watermarks: Watermarks, loss_max: float = 1.0) -> None:
        self.queries = queries
        self.watermarks = watermarks
        self._loss_max = loss_max
        self._done: dict[str, tuple[Any, float, float]] = {}

    def is_worth(self, snapshot: Snapshot, signal: Any) -> bool:
        """Whether to compare now: for the first time, because ``signal`` changed, or because enough time passed."""
        if snapshot.nome not in self._done:
            return True
        previous, end, took = self._done[snapshot.nome]
        passed = time.monotonic() - end
        if previous != signal and passed >= took * REST_MOVED:
            return True
        return passed >= max(RENEWAL, took * REST_IDLE)

    def differing(self, con: Connection, fusion: Engine, snapshot: Snapshot, signal: Any) -> list[int]:
        """Blocks that differ, in order. Read ``signal`` before. Raises ``SourceShrank`` when more than ``loss_max`` of the rows is gone."""
        start = time.monotonic()
        rows = self.queries.rows(con, snapshot.sql_blocks, tamanho=BLOCK)
        con.rollback()  # End the transaction at the hospital's database before we work on ours.
        end = time.monotonic()
        there: BlockSums = {int(x["bloco"]): (int(x["quantidade"]), int(x["soma"])) for x in rows}
        t = table.c
        with fusion.connect() as own:
            here: BlockSums = {b: (n, s) for b, n, s in own.execute(select(t.bloco, t.quantidade, t.soma).where(*self.of_these(snapshot)))}
        had, has = (sum(n for n, _ in sums.values()) for sums in (here, there))
        if had - has > max(LOSS_MIN, self._loss_max * had):
            raise SourceShrank(snapshot.table, had, has)
        self._done[snapshot.nome] = (signal, end, end - start)
        return sorted(block for block in there.keys() | here.keys() if there.get(block) != here.get(block))

    def of_these(self, snapshot: Snapshot) -> list[ColumnElement[bool]]:
        """Condition for the stored blocks of one table."""
        return [table.c[column] == value for column, value in self.block_key(snapshot).items()]

    def block_key(self, snapshot: Snapshot) -> dict[str, Any]:
        """Columns that all stored blocks of one table share."""
        return {"integracao_id": self.watermarks.integracao_id, "processo": self.watermarks.processo, "origem": snapshot.nome}


class SnapshotWatcher:
    """The watcher's question: does any table differ? An answer holds until its counter or stored snapshot moves, or time passes."""

    def __init__(self, queries: SystemQueries, fusion: Engine, watermarks: Watermarks) -> None:
        self.queries, self.fusion, self.snapshots = queries, fusion, of_step(queries, None)
        self._comparer = Comparer(queries, watermarks)
        self._answers: dict[str, bool] = {}

    def has_work(self, con: Connection, watermarks: Mapping[str, Watermark]) -> bool:
        """``con`` is a connection to the source; ``watermarks`` tell when each snapshot was last written."""
        if not self.snapshots:
            return False
        moved = counters(self.queries, con)
        con.rollback()
        for snapshot in self.snapshots:
            signal = (moved.get(snapshot.table), watermarks.get(snapshot.nome, Watermark(None)).executado_em)
            if self._comparer.is_worth(snapshot, signal):
                self._answers[snapshot.nome] = bool(self._comparer.differing(con, self.fusion, snapshot, signal))
        return any(self._answers.values())

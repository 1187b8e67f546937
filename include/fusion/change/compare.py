"""Comparison of versioned tables, block by block, with what was last seen of them; and what a watcher asks of it."""

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
"""Seconds after which a table is compared whatever the source's counters say: PostgreSQL reports them up to so late."""


REST_MOVED, REST_IDLE = 4, 19
"""A table rests this many times as long as its last comparison took, where its counter moved and where only time has passed."""
LOSS_MIN = 200
"""Rows that may vanish from a table between two looks whatever their share of it."""
BlockSums = dict[int, tuple[int, int]]
"""Block → number of rows, sum."""


def of_step(queries: SystemQueries, step: str | None) -> list[Snapshot]:
    """Tables of one search step (``None``: of all), the records' own last."""
    return sorted((r for r in queries.sistema.snapshots if step in (None, r.step)), key=lambda r: r.principal)


def counters(queries: SystemQueries, con: Connection) -> dict[str, int]:
    """Table (``schema.table``) → its counter of writes; nothing where the source does not say."""
    file = queries.sistema.sql_changes
    if not file or not re.sub("--.*", "", queries.sql(file).text).strip():
        return {}
    return {f"{x['esquema']}.{x['tabela']}": int(x["contador"]) for x in queries.rows(con, file)}


class Comparer:
    """Block sums of the source against the stored ones, and when that is worth its price. Not shared between threads."""

    def __init__(self, queries: SystemQueries, watermarks: Watermarks, loss_max: float = 1.0) -> None:
        self.queries = queries
        self.watermarks = watermarks
        self._loss_max = loss_max
        self._done: dict[str, tuple[Any, float, float]] = {}

    def is_worth(self, snapshot: Snapshot, sinal: Any) -> bool:
        """Whether to compare now: never done here, ``sinal`` is not what it was then, or long enough ago."""
        if snapshot.nome not in self._done:
            return True
        previous, end, took = self._done[snapshot.nome]
        passed = time.monotonic() - end
        if previous != sinal and passed >= took * REST_MOVED:
            return True
        return passed >= max(RENEWAL, took * REST_IDLE)

    def differing(self, con: Connection, fusion: Engine, snapshot: Snapshot, sinal: Any) -> list[int]:
        """Blocks that differ, in order. ``sinal`` must have been read before. ``SourceShrank`` when more than ``loss_max`` is gone."""
        start = time.monotonic()
        rows = self.queries.rows(con, snapshot.sql_blocks, tamanho=BLOCK)
        con.rollback()  # No snapshot of the hospital's database is held while we work on ours.
        end = time.monotonic()
        there: BlockSums = {int(x["bloco"]): (int(x["quantidade"]), int(x["soma"])) for x in rows}
        t = table.c
        with fusion.connect() as own:
            here: BlockSums = {b: (n, s) for b, n, s in own.execute(select(t.bloco, t.quantidade, t.soma).where(*self.of_these(snapshot)))}
        had, has = (sum(n for n, _ in sums.values()) for sums in (here, there))
        if had - has > max(LOSS_MIN, self._loss_max * had):
            raise SourceShrank(snapshot.table, had, has)
        self._done[snapshot.nome] = (sinal, end, end - start)
        return sorted(block for block in there.keys() | here.keys() if there.get(block) != here.get(block))

    def of_these(self, snapshot: Snapshot) -> list[ColumnElement[bool]]:
        """Condition for the stored blocks of one table."""
        return [table.c[column] == value for column, value in self.chave(snapshot).items()]

    def chave(self, snapshot: Snapshot) -> dict[str, Any]:
        """Their columns in common."""
        return {"integracao_id": self.watermarks.integracao_id, "processo": self.watermarks.processo, "origem": snapshot.nome}


class SnapshotWatcher:
    """The watcher's question: does any table differ? An answer holds until its counter or its stored image moves, or time has passed."""

    def __init__(self, queries: SystemQueries, fusion: Engine, watermarks: Watermarks) -> None:
        self.queries = queries
        self.fusion = fusion
        self.snapshots = of_step(queries, None)
        self._comparer = Comparer(queries, watermarks)
        self._answers: dict[str, bool] = {}

    def has_work(self, con: Connection, watermarks: Mapping[str, Watermark]) -> bool:
        """``con`` is the source's; ``watermarks`` tell when each image was last written."""
        if not self.snapshots:
            return False
        moved = counters(self.queries, con)
        con.rollback()
        for snapshot in self.snapshots:
            sinal = (moved.get(snapshot.table), watermarks.get(snapshot.nome, Watermark(None)).executado_em)
            if self._comparer.is_worth(snapshot, sinal):
                self._answers[snapshot.nome] = bool(self._comparer.differing(con, self.fusion, snapshot, sinal))
        return any(self._answers.values())

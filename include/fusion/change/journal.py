"""Journals at the source: triggers append rows; the hub moves them into its queues.

A journal needs no marker and no window: a row stays until it is queued. It is queued first (a transaction of our database) and moved to the
table beside the journal after (a transaction of the source). A run that is killed in between queues the row twice: the queue merges both, or
the ledger sees it.

The rows beside the journal stay for some days, under a batch number that grows with time. Our database remembers the last one. If it was
restored, or is a replica that lagged, it remembers an older one than the source has: what was read since is queued again.
"""

from __future__ import annotations

import functools
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from include.fusion.reading.spec import Journal, Row
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem, Operation
from include.fusion.store.ledger import DELETION
from include.fusion.store.watermarks import Watermark, Watermarks

DELETED = "excluído na origem"
KEEP = timedelta(days=7)
"""How long rows that were read stay beside the journal: no older backup of our database heals by itself."""
_LIST_MAX = 500
log = logging.getLogger(__name__)


@dataclass(eq=False)
class DrainJournal:
    """Moves one journal into the queues. ``fila`` returns the queue of a process; ``watermarks`` are those of the search.

    ``processos`` are in the order in which they are served. Each has the place of its records in Fusion (entity, IntegracaoID): a deletion
    must reach every place, whichever process brought the record there.
    """

    queries: SystemQueries
    fusion: Engine
    fila: Callable[[str], Fila]
    processos: Mapping[str, tuple[str, int]]
    journal: Journal
    page: int
    watermarks: Watermarks

    def run(self, on_progress: Callable[[int], None] | None = None) -> tuple[int, int]:
        """Move rows until the journal is empty; returns (rows read, keys queued)."""
        keeps = self.queries.has(self.journal.keeps)
        if not keeps:
            _warn(self.queries.sistema.nome, self.journal.nome)
        read_rows, enqueued = self._again() if keeps else (0, 0)
        while True:
            with self.queries.engine.connect() as con:
                rows = self.queries.rows(con, self.journal.sql, limite=self.page)
            if rows:
                number, queued = self._enqueue(rows)
                enqueued += queued
                self._take_away([row["id"] for row in rows], number if keeps else None)
            read_rows += len(rows)
            if rows and on_progress is not None:
                on_progress(read_rows)
            if len(rows) < self.page:
                return read_rows, enqueued

    def _again(self) -> tuple[int, int]:
        """Queue what the source says was read after the last batch that our database remembers; (rows read, keys queued)."""
        read_rows = enqueued = 0
        while True:
            with self.fusion.begin() as con:
                number, row_id = self._last(con)
            with self.queries.engine.connect() as con:
                rows = self.queries.rows(con, self.journal.sql_kept, lote=number, id=row_id, limite=self.page)
            if not rows:
                break
            last = rows[-1]
            enqueued += self._enqueue(rows, (last["nr_lote"], last["id"]))[1]
            read_rows += len(rows)
        if read_rows:
            log.warning(
                "Diário %s: este banco não sabia de %d linhas já lidas (foi restaurado?); elas voltaram para a fila",
                self.journal.nome,
                read_rows,
            )
        return read_rows, enqueued

    def _last(self, con: Connection) -> tuple[int, int]:
        """(batch, id) of the last row that our database remembers."""
        mark = self.watermarks.read(con, self.journal.nome)
        return (int(mark.marcador or 0), int(mark.chave or 0)) if mark else (0, 0)

    def _enqueue(self, rows: list[dict[str, Any]], position: tuple[int, int] | None = None) -> tuple[int, int]:
        """Queue rows, and remember their ``position`` (batch, id), or a new batch; (its number, keys queued)."""
        items: defaultdict[str, list[FilaItem]] = defaultdict(list)
        deleted: set[tuple[str, str]] = set()
        for row in rows:
            key = str(row["chave"])
            for processo, operation in self._destinations(row):
                items[processo].append(FilaItem(key, str(row["chave_paciente"] or ""), operation))
                if operation == DELETION:
                    deleted.add((processo, key))
        with self.fusion.begin() as con:
            # In the order of the processes: an admission is queued before the discharge of the same page.
            total = sum(self.fila(p).enqueue(con, items[p]) for p in self.processos if p in items)
            number, row_id = position or (max(_now(), self._last(con)[0] + 1), max(row["id"] for row in rows))
            self.watermarks.write(con, self.journal.nome, Watermark(str(number), str(row_id)))
        for processo, (entity, _) in self.processos.items():
            # Only of that kind of record: a patient may have the number of a deleted attendance.
            gone = {key for other, key in deleted if self.processos[other][0] == entity}
            if keys := {key for key in gone if (processo, key) not in deleted}:
                self.fila(processo).discard(keys, DELETED)
        return number, total

    def _destinations(self, row: Row) -> list[tuple[str, Operation]]:
        destinations = list(self.journal.route(row))
        places = {self.processos[p] for p, operation in destinations if operation == DELETION}
        entities = {entity for entity, _ in places}
        for processo, place in self.processos.items():
            if place[0] in entities and place not in places:
                places.add(place)
                destinations.append((processo, "exclusao"))
        return destinations

    def _take_away(self, ids: list[Any], number: int | None) -> None:
        """Delete rows from the journal; with a ``number``, keep them beside it, and forget there what is older than ``KEEP``."""
        keep = None if number is None else self.queries.sql(self.journal.sql_keep)
        delete = self.queries.sql(self.journal.sql_delete)
        with self.queries.engine.begin() as con:
            for i in range(0, len(ids), _LIST_MAX):
                if keep is not None:
                    con.execute(keep, {"lote": number, "ids": ids[i : i + _LIST_MAX]})
                con.execute(delete, {"ids": ids[i : i + _LIST_MAX]})
            if keep is not None:
                con.execute(self.queries.sql(self.journal.sql_forget), {"antes": _now() - int(KEEP.total_seconds() * 1000)})


def _now() -> int:
    """Milliseconds."""
    return time.time_ns() // 1_000_000


@functools.cache
def _warn(system: str, journal: str) -> None:
    log.warning(
        "%s, diário %s: a origem não guarda as linhas lidas (veja atualizar.sql do sistema). Se o banco da integração for restaurado, o que foi"
        " lido depois da cópia só volta pela conciliação",
        system, journal,
    )  # fmt: skip

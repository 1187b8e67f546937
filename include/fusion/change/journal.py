"""Journals at the source: triggers append rows; the hub moves them into its queues.

A journal needs no marker and no window: a row stays until it is queued. It is queued first (a transaction of our database) and deleted
after (a transaction of the source). A run that is killed in between queues the row twice: the queue merges both, or the ledger sees it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from include.fusion.reading.spec import Journal, Row
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem, Operation
from include.fusion.store.ledger import DELETION

DELETED = "excluído na origem"
_LIST_MAX = 500


@dataclass(eq=False)
class DrainJournal:
    """Moves one journal into the queues. ``fila`` returns the queue of a process.

    ``processos`` are in the order in which they are served. Each has the place of its records in Fusion (entity, IntegracaoID): a deletion
    must reach every place, whichever process brought the record there.
    """

    queries: SystemQueries
    fusion: Engine
    fila: Callable[[str], Fila]
    processos: Mapping[str, tuple[str, int]]
    journal: Journal
    page: int

    def run(self, on_progress: Callable[[int], None] | None = None) -> tuple[int, int]:
        """Move rows until the journal is empty; returns (rows read, keys queued)."""
        read_rows = enqueued = 0
        while True:
            with self.queries.engine.connect() as con:
                rows = self.queries.rows(con, self.journal.sql, limite=self.page)
            if rows:
                enqueued += self._enqueue(rows)
                self._delete([row["id"] for row in rows])
            read_rows += len(rows)
            if rows and on_progress is not None:
                on_progress(read_rows)
            if len(rows) < self.page:
                return read_rows, enqueued

    def _enqueue(self, rows: list[dict[str, Any]]) -> int:
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
        for processo, (entity, _) in self.processos.items():
            # Only of that kind of record: a patient may have the number of a deleted attendance.
            gone = {key for other, key in deleted if self.processos[other][0] == entity}
            if keys := {key for key in gone if (processo, key) not in deleted}:
                self.fila(processo).discard(keys, DELETED)
        return total

    def _destinations(self, row: Row) -> list[tuple[str, Operation]]:
        destinations = list(self.journal.route(row))
        places = {self.processos[p] for p, operation in destinations if operation == DELETION}
        entities = {entity for entity, _ in places}
        for processo, place in self.processos.items():
            if place[0] in entities and place not in places:
                places.add(place)
                destinations.append((processo, "exclusao"))
        return destinations

    def _delete(self, ids: list[Any]) -> None:
        command = self.queries.sql(self.journal.sql_delete)
        with self.queries.engine.begin() as con:
            for i in range(0, len(ids), _LIST_MAX):
                con.execute(command, {"ids": ids[i : i + _LIST_MAX]})

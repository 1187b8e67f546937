"""Journals at the source: rows that triggers append, moved into our queues and then deleted.

No marker and no window: a row is there until it was queued, whenever its transaction committed. Queued first, deleted after, each in a
transaction of its own database: whoever is killed in between queues a row twice, which coalesces or is recognised by the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, bindparam

from include.fusion.reading.spec import Journal, Row
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.ledger import DELETION

if TYPE_CHECKING:
    from include.fusion.store.filas import Operation

DELETED = "excluído na origem"
_LIST_MAX = 500


class DrainJournal:
    """Moves one journal: ``fila`` gives the queue of a process.

    ``processos``, in the order in which they are served, each with where its records live in Fusion (entity, IntegracaoID): a deletion
    has to reach every such place, whichever process brought the record there.
    """

    def __init__(
        self,
        queries: SystemQueries,
        fusion: Engine,
        fila: Callable[[str], Fila],
        processos: Mapping[str, tuple[str, int]],
        journal: Journal,
        page: int,
    ) -> None:
        self.queries = queries
        self.fusion = fusion
        self.fila = fila
        self.processos = processos
        self.journal = journal
        self.pagina = page

    def run(self, on_progress: Callable[[int], None] | None = None) -> tuple[int, int]:
        """Until the journal is empty; (rows read, keys queued)."""
        read_rows = enqueued = 0
        while True:
            with self.queries.engine.connect() as con:
                rows = self.queries.rows(con, self.journal.sql, limite=self.pagina)
            if rows:
                enqueued += self._enqueue(rows)
                self._delete([row["id"] for row in rows])
            read_rows += len(rows)
            if rows and on_progress is not None:
                on_progress(read_rows)
            if len(rows) < self.pagina:
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
            # In the order of the processes: an opening is queued before the discharge of the same page.
            total = sum(self.fila(p).enqueue(con, items[p]) for p in self.processos if p in items)
        for processo in self.processos:
            if keys := {key for _, key in deleted if (processo, key) not in deleted}:
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
        command = self.queries.sql(self.journal.sql_delete).bindparams(bindparam("ids", expanding=True))
        with self.queries.engine.begin() as con:
            for i in range(0, len(ids), _LIST_MAX):
                con.execute(command, {"ids": ids[i : i + _LIST_MAX]})

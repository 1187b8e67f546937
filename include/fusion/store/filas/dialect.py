"""What an engine must bring to hold a queue: the three statements that no portable SQL can say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, literal_column

from include.fusion.store.filas.types import FilaItem, FilaRow, Outcome
from include.fusion.store.locks import lock
from include.fusion.store.tables import sql_list


@dataclass(frozen=True)
class QueueScope:
    """The rows that one queue object speaks for.

    ``parked``: other processes of the table that are switched off. Nobody takes their rows, so they hold up no patient either.
    """

    table: Table
    integracao_id: int
    processo: str
    parked: tuple[str, ...] = ()

    def without_parked(self, where: str) -> str:
        """Condition ``where`` (with ``{}`` for the list) on rows that may hold up a patient's; nothing where every process is on."""
        return f" AND {where.format(sql_list(self.parked))}" if self.parked else ""

    @property
    def binds(self) -> dict[str, Any]:
        return {"integracao_id": self.integracao_id, "processo": self.processo}

    def lock_entry(self, con: Connection) -> None:
        """One enqueuing transaction per queue at a time: two that bring the same new keys in different order would deadlock."""
        lock(con, self.integracao_id, f"{self.table.name}:entrada:{self.processo}")

    def lock_reservation(self, con: Connection) -> None:
        """One reservation per integration and table at a time, so that no two of them pick rows of one patient."""
        lock(con, self.integracao_id, f"{self.table.name}:reserva")


COLUMNS = "id, chave, chave_paciente, operacao, prioridade, tentativas, criado_em"


def records(rows: Iterable[Any]) -> list[FilaRow]:
    """Rows of :data:`COLUMNS` in the order in which they are to be delivered."""
    # By hand rather than by a column type: this runs for every row that is ever delivered.
    read_items = [
        FilaRow(i, key, paciente or "", operation, priority, attempts, at if at.tzinfo else at.replace(tzinfo=UTC))
        for i, key, paciente, operation, priority, attempts, at in rows
    ]
    return sorted(read_items, key=lambda r: (r.prioridade, r.id))


class Dialect(ABC):
    """One engine. All methods run in the caller's transaction at READ COMMITTED."""

    nome: str

    @abstractmethod
    def enqueue(self, con: Connection, scope: QueueScope, items: Iterable[FilaItem]) -> int:
        """Coalesce and insert, after every item was read and checked; how many keys were queued."""

    @abstractmethod
    def reserve(
        self, con: Connection, scope: QueueScope, count: int, owner: str, lease: float, keys: Sequence[str] | None
    ) -> list[FilaRow]:
        """Reserve due rows, of all keys or of ``keys``; the caller holds the reservation lock."""

    @abstractmethod
    def has_ready(self, con: Connection, scope: QueueScope) -> bool:
        """Whether some pending row could be reserved now; locks nothing and stops at the first."""

    @abstractmethod
    def record(self, con: Connection, scope: QueueScope, owner: str, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes of rows that ``owner`` still holds; how many those were."""

    @abstractmethod
    def commands(self, table: Table) -> dict[str, str]:
        """The statements of this engine as text, by name, with named binds."""

    def conditions(self, scope: QueueScope, states: tuple[str, ...], *, processo: bool = True) -> list[ColumnElement[bool]]:
        """Rows of the scope (``processo=False``: of its whole integration) in ``states``, said so that a partial index serves."""
        t = scope.table.c
        owner = [t.integracao_id == scope.integracao_id, *([t.processo == scope.processo] if processo else [])]
        return [*owner, t.situacao.in_([literal_column(f"'{s}'") for s in states])]

    def locked_ids(self, query: Select[int], *, skip: bool = False) -> Select[int]:
        """Rows to change in a set: where an engine can, locked in one order for everybody, so that two changes never deadlock.

        ``skip``: leave out rows that somebody else holds.
        """
        return query

    def escape_prefix(self, prefix: str) -> str:
        """``prefix`` for ``LIKE ... ESCAPE '/'``, without the final percent sign."""
        for special in "/%_":
            prefix = prefix.replace(special, f"/{special}")
        return prefix

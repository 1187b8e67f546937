"""One queue: the rows of one process of one integration in one queue table.

``pendente`` waits, ``reservado`` belongs to an owner until its lease ends, ``concluido``, ``erro`` and ``descartado`` are outcomes. A key has
at most one open row (pendente, reservado, erro). Rows of one patient are never in flight in two batches; within a batch they leave one
after another, in the order (prioridade, id): one per batch on SQL Server and Oracle, up to ``postgresql.PER_PACIENTE`` on PostgreSQL. All
times are the database's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, delete, func, null, select, update
from sqlalchemy.sql.elements import SQLColumnExpression

from include.fusion.store.clock import later, now
from include.fusion.store.filas.dialect import Dialect, QueueScope
from include.fusion.store.filas.mssql import SQLServer
from include.fusion.store.filas.oracle import Oracle
from include.fusion.store.filas.postgresql import PostgreSQL
from include.fusion.store.filas.types import OUTCOMES, FilaItem, FilaRow, Operation, Outcome, cut_reason
from include.fusion.store.lists import chunks
from include.fusion.store.tables import ALL_STATES, CLOSED_STATES, FILAS, OPEN_STATES, OWNER_MAX

DIALECTS: Mapping[str, Dialect] = {d.nome: d for d in (PostgreSQL(), SQLServer(), Oracle())}


class Fila:
    """``table``: name of a queue of the integration database, or a table of another. ``parked``: see :class:`QueueScope`.

    ``ValueError`` for an unknown queue table or engine. Methods without ``con`` are transactions of their own.
    """

    def __init__(
        self, engine: Engine, integracao_id: int, processo: str, table: str | Table = "ImportacaoAtendimento", parked: tuple[str, ...] = ()
    ) -> None:
        if isinstance(table, str):
            if table not in FILAS:
                raise ValueError(f"no queue table {table!r}; there are {', '.join(FILAS)}")
            table = FILAS[table]
        if engine.dialect.name not in DIALECTS:
            raise ValueError(f"queues run on {', '.join(DIALECTS)}, not on {engine.dialect.name}")
        self._table = table
        self.scope = QueueScope(table, integracao_id, processo, parked)
        self._dialect = DIALECTS[engine.dialect.name]
        self._engine = engine

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        # A reservation waits for the one before it, and must then see what that one committed: a snapshot from its start would not.
        with self._engine.connect().execution_options(isolation_level="READ COMMITTED") as con, con.begin():
            yield con

    def enqueue(self, con: Connection, items: Iterable[FilaItem]) -> int:
        """Queue changes in the caller's transaction (READ COMMITTED); returns how many keys, each block of 20,000 counted by itself.

        All items are read and checked first; ``ValueError``: a key is empty, longer than 200 characters or has a NUL. An open row takes
        the new operation (an undelivered ``inclusao`` stays one) and the smaller priority; ``erro`` becomes pending, tries at zero;
        ``reservado`` opens again after its outcome. A second transaction that enqueues into this queue waits for the end of this one.
        """
        return self._dialect.enqueue(con, self.scope, items)

    def reserve(self, count: int, owner: str, lease: timedelta, *, keys: Sequence[str] | None = None) -> list[FilaRow]:
        """Reserve at most ``count`` due rows (only of ``keys``, where given) for ``lease``, in delivery order. Before that, rows with an
        expired lease become pending, with one more try counted."""
        if not owner or len(owner) > OWNER_MAX:
            raise ValueError(f"dono needs 1 to {OWNER_MAX} characters")
        with self._transaction() as con:
            self.scope.lock_reservation(con)
            self._release_expired(con)
            return self._dialect.reserve(con, self.scope, count, owner, lease.total_seconds(), keys)

    def renew(self, owner: str, lease: timedelta) -> set[int]:
        """Extend the lease of every row that ``owner`` still holds; returns their ids. Whatever is missing has been taken by others."""
        t = self._table
        held = select(t.c.id).where(*self._dialect.conditions(self.scope, ("reservado",)), t.c.reservado_por == owner)
        with self._transaction() as con:
            ids = set(con.execute(self._dialect.locked_ids(held)).scalars())
            for part in chunks(sorted(ids)):
                con.execute(update(t).where(t.c.id.in_(part)).values(reservado_ate=later(lease.total_seconds())))
        return ids

    def record(self, con: Connection, owner: str, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes in the caller's transaction, only on rows that ``owner`` still holds; returns how many those were.

        A row that changed while it was in flight goes back to ``pendente`` instead of being closed.
        """
        if unknown := {d.situacao for d in outcomes} - OUTCOMES:
            raise ValueError(f"unknown outcome {sorted(unknown)}")
        unique = list({d.record.id: d for d in outcomes}.values())
        return self._dialect.record(con, self.scope, owner, unique) if unique else 0

    def still_mine(self, con: Connection, owner: str, ids: Iterable[int]) -> set[int]:
        """Which of these rows ``owner`` still holds; locked until the transaction ends. Only their deliveries may be noted."""
        t = self._table.c
        query = select(t.id).where(t.situacao == "reservado", t.reservado_por == owner).order_by(t.id)
        query = query.with_for_update().with_hint(self._table, "WITH (UPDLOCK, ROWLOCK)", "mssql")
        return {row for part in chunks(sorted(ids)) for row in con.execute(query.where(t.id.in_(part))).scalars()}

    def deleted(self, con: Connection, keys: Iterable[str]) -> set[str]:
        """Which of these keys have an open deletion in this table, whatever its process."""
        t = self._table.c
        conditions = self._dialect.conditions(self.scope, ("pendente", "reservado"), processo=False)
        query = select(t.chave).where(*conditions, t.operacao == "exclusao")
        return {key for part in chunks(sorted(set(keys))) for key in con.execute(query.where(t.chave.in_(part))).scalars()}

    def open_rows(self, con: Connection, keys: Iterable[str]) -> dict[str, tuple[str, str | None]]:
        """State (pendente, reservado, erro) and reason of these keys' open rows; a key without one is absent."""
        t = self._table.c
        query = select(t.chave, t.situacao, t.motivo).where(*self._dialect.conditions(self.scope, OPEN_STATES))
        parts = (con.execute(query.where(t.chave.in_(part))) for part in chunks(sorted(set(keys))))
        return {key: (state, reason) for rows in parts for key, state, reason in rows}

    def open_operations(self, con: Connection, keys: Iterable[str]) -> dict[str, Operation]:
        """Operation of these keys' open rows; a key without one is absent."""
        t = self._table.c
        query = select(t.chave, t.operacao).where(*self._dialect.conditions(self.scope, OPEN_STATES))
        return {key: operation for part in chunks(sorted(set(keys))) for key, operation in con.execute(query.where(t.chave.in_(part)))}

    def peek(self, count: int) -> list[tuple[str, str]]:
        """``(chave, operacao)`` of the first pending rows; reserves nothing: for a dry run."""
        t = self._table.c
        query = select(t.chave, t.operacao).where(*self._dialect.conditions(self.scope, ("pendente",))).order_by(t.prioridade, t.id)
        with self._engine.connect() as con:
            return [(key, operation) for key, operation in con.execute(query.limit(count))]

    def reclaim(self, owner_prefix: str) -> int:
        """Release rows of an earlier, dead try of the same task; no try counts. The prefix ends where the try number starts."""
        if not owner_prefix:
            raise ValueError("an empty prefix would take rows from living workers")
        return self._change(("reservado",), self._starts_with(self._table.c.reservado_por, owner_prefix), values=self._back_to_pending())

    def reenviar_erros(
        self, *, owner_prefix: str | None = None, keys: Iterable[str] | None = None, reason_prefix: str | None = None
    ) -> int:
        """Make rows in ``erro`` pending, tries at zero: all, or those of one run or task (owner prefix), of some keys, of some reasons."""
        where = [] if owner_prefix is None else [self._starts_with(self._table.c.reservado_por, owner_prefix)]
        if reason_prefix is not None:
            where.append(self._starts_with(self._table.c.motivo, reason_prefix))
        values = {**self._back_to_pending(), "tentativas": 0, "proxima_tentativa_em": null()}
        return self._change(("erro",), *where, values=values, keys=keys)

    def discard(self, keys: Iterable[str], reason: str) -> int:
        """Close rows unsent. A reserved row is left alone: its owner writes its outcome."""
        values = {"situacao": "descartado", "motivo": cut_reason(reason), "concluido_em": now(), "proxima_tentativa_em": null()}
        return self._change(("pendente", "erro"), values=values, keys=keys)

    def refuse(self, con: Connection, reasons: Mapping[str, str], chave_paciente: str = "") -> None:
        """Put keys into ``erro`` without a delivery, in the caller's transaction: key → reason. Reserved rows are left to their owner."""
        reserved = {key for key, (state, _) in self.open_rows(con, reasons).items() if state == "reservado"}
        free = {key: cut_reason(reason) for key, reason in reasons.items() if key not in reserved}
        self.enqueue(con, [FilaItem(key, chave_paciente, "inclusao", 0) for key in free])
        for reason in set(free.values()):
            of_reason = [key for key, its in free.items() if its == reason]
            self._change(("pendente",), values={"situacao": "erro", "motivo": reason}, keys=of_reason, con=con)

    def conclude(self, con: Connection, keys: Iterable[str]) -> None:
        """Conclude keys without a delivery, in the caller's transaction. Reserved rows are left to their owner."""
        self._change(("pendente", "erro"), values={"situacao": "concluido", "concluido_em": now(), "motivo": null()}, keys=keys, con=con)

    def clean(self, older_than: timedelta, batch: int = 5000) -> int:
        """Delete closed rows of that age, in short transactions; rows in ``erro`` stay until somebody decides. Returns how many."""
        t = self._table.c
        closed = self._dialect.conditions(self.scope, CLOSED_STATES)
        old_rows = select(t.id).where(*closed, t.concluido_em < later(-older_than.total_seconds())).order_by(t.concluido_em).limit(batch)
        total = 0
        while True:
            with self._transaction() as con:
                ids = con.execute(self._dialect.locked_ids(old_rows, skip=True)).scalars().all()
                for part in chunks(ids):
                    total += con.execute(delete(self._table).where(t.id.in_(part))).rowcount
            if len(ids) < batch:
                return total

    def tally(self) -> dict[str, int]:
        """Number of rows by state. Reads the whole queue: for reports, not for polling."""
        t = self._table.c
        of_this = (t.integracao_id == self.scope.integracao_id, t.processo == self.scope.processo)
        with self._engine.connect() as con:
            counted: dict[str, int] = dict(con.execute(select(t.situacao, func.count()).where(*of_this).group_by(t.situacao)).all())
        return {s: counted.get(s, 0) for s in ALL_STATES}

    def has_ready(self) -> bool:
        """Whether a reservation would find something, for polling: stops at the first row."""
        with self._engine.connect() as con:
            return con.execute(self._expired().limit(1)).first() is not None or self._dialect.has_ready(con, self.scope)

    def has_open(self) -> bool:
        """Whether any row is still to be delivered, now or later."""
        query = select(self._table.c.id).where(*self._dialect.conditions(self.scope, ("pendente", "reservado"))).limit(1)
        with self._engine.connect() as con:
            return con.execute(query).first() is not None

    def _expired(self) -> Select[int]:
        """Rows of the whole integration with an expired lease: a dead worker of one process must not hold up another's patients."""
        t = self._table.c
        return select(t.id).where(*self._dialect.conditions(self.scope, ("reservado",), processo=False), t.reservado_ate < now())

    def _release_expired(self, con: Connection) -> None:
        # Locked rows are skipped: their owner lives and is writing them now.
        query = self._expired().with_for_update(skip_locked=True).with_hint(self._table, "WITH (UPDLOCK, READPAST, ROWLOCK)", "mssql")
        values = {**self._back_to_pending(), "tentativas": self._table.c.tentativas + 1}
        for ids in chunks(con.execute(query).scalars()):
            con.execute(update(self._table).where(self._table.c.id.in_(ids)).values(values))

    def _starts_with(self, column: SQLColumnExpression[str], prefix: str) -> ColumnElement[bool]:
        return column.like(self._dialect.escape_prefix(prefix) + "%", escape="/")

    @staticmethod
    def _back_to_pending() -> dict[str, Any]:
        return {"situacao": "pendente", "reservado_por": null(), "reservado_ate": null(), "reabrir": False, "motivo": null()}

    def _change(
        self,
        states: tuple[str, ...],
        *where: ColumnElement[bool],
        values: Mapping[str, Any],
        keys: Iterable[str] | None = None,
        con: Connection | None = None,
    ) -> int:
        """Update rows of this queue in ``states`` (of ``keys``, where given) that meet ``where``; returns how many."""
        t = self._table
        changed = 0
        with self._transaction() if con is None else nullcontext(con) as con:
            for part in [None] if keys is None else chunks(sorted(set(keys))):
                of_keys = [] if part is None else [t.c.chave.in_(part)]
                conditions = [*self._dialect.conditions(self.scope, states), *where, *of_keys]
                target = self._dialect.locked_ids(select(t.c.id).where(*conditions))
                # The conditions again: between the query and the lock, a row may change.
                changed += con.execute(update(t).where(t.c.id.in_(target), *conditions).values(values)).rowcount
        return changed

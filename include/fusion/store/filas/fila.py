"""One queue: the rows of one process of one integration in one queue table.

The row is the truth. ``pendente`` waits, ``reservado`` is in somebody's hands until its lease ends, ``concluido``, ``erro`` and
``descartado`` are outcomes. A key has at most one open row (pendente, reservado, erro). The rows of one patient in flight are all in one
batch, whose owner delivers them one after another in the order (prioridade, id): one at a time on SQL Server and Oracle, up to
``postgresql.PER_PACIENTE`` on PostgreSQL. All times are the database's.
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
from include.fusion.store.filas.types import OUTCOMES, FilaItem, FilaRow, Outcome, cut_reason
from include.fusion.store.tables import ALL_STATES, CLOSED_STATES, FILAS, OPEN_STATES, OWNER_MAX

DIALECTS: Mapping[str, Dialect] = {d.nome: d for d in (PostgreSQL(), SQLServer(), Oracle())}
_LIST_MAX = 500
"""Values per IN list: Oracle takes 1,000, SQL Server 2,100 parameters."""


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    items_list = list(values)
    for i in range(0, len(items_list), _LIST_MAX):
        yield items_list[i : i + _LIST_MAX]


class Fila:
    """``table``: a queue of the integration database by its name, or one that another database holds. ``parked``: see :class:`QueueScope`.

    ``ValueError`` for a queue table or engine that does not exist. Methods without ``con`` are transactions of their own.
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
        self.scope = QueueScope(table, integracao_id, processo, parked)
        self._dialect = DIALECTS[engine.dialect.name]
        self._engine = engine

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        # A reservation must see what the one before it committed while it waited for the lock; a kept snapshot would not.
        with self._engine.connect().execution_options(isolation_level="READ COMMITTED") as con, con.begin():
            yield con

    @property
    def _table(self) -> Table:
        return self.scope.table

    def enqueue(self, con: Connection, items: Iterable[FilaItem]) -> int:
        """Queue changes in the caller's transaction (READ COMMITTED); returns how many keys, blocks of 20,000 counted apart.

        Every item is read and checked before the queue is touched: ``ValueError`` for a key that is empty, over 200 characters or has a
        NUL. Coalesces: an open row takes the new operation (an undelivered ``inclusao`` stays one) and the smaller priority; ``erro`` is
        pending again with no tries counted; ``reservado`` is marked to be re-opened after its outcome. A second transaction that enqueues
        into the same queue waits for this one's end.
        """
        return self._dialect.enqueue(con, self.scope, items)

    def reserve(self, count: int, owner: str, lease: timedelta, *, keys: Sequence[str] | None = None) -> list[FilaRow]:
        """Take at most ``count`` due rows (of ``keys`` alone, where given) for ``lease``, in delivery order; rows whose lease ran out come
        back first (as one more try)."""
        if not owner or len(owner) > OWNER_MAX:
            raise ValueError(f"dono needs 1 to {OWNER_MAX} characters")
        with self._transaction() as con:
            self.scope.lock_reservation(con)
            self._release_expired(con)
            return self._dialect.reserve(con, self.scope, count, owner, lease.total_seconds(), keys)

    def renew(self, owner: str, lease: timedelta) -> int:
        """Extend the lease of every row that ``owner`` still holds; fewer than expected means that some were lost to others."""
        t = self._table.c
        return self._change(("reservado",), t.reservado_por == owner, values={"reservado_ate": later(lease.total_seconds())})

    def record(self, con: Connection, owner: str, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes in the caller's transaction, only on rows that ``owner`` still holds; returns how many those were.

        A row that changed while it was in flight goes back to ``pendente`` instead of being closed.
        """
        if unknown := {d.situacao for d in outcomes} - OUTCOMES:
            raise ValueError(f"unknown outcome {sorted(unknown)}")
        unique_ones = list({d.record.id: d for d in outcomes}.values())
        return self._dialect.record(con, self.scope, owner, unique_ones) if unique_ones else 0

    def still_mine(self, con: Connection, owner: str, ids: Iterable[int]) -> set[int]:
        """Which of these rows ``owner`` still holds, locked until the transaction of ``con`` ends: only their deliveries may be noted."""
        t = self._table.c
        mine: set[int] = set()
        for part in _chunks(sorted(ids)):
            query = select(t.id).where(t.id.in_(part), t.situacao == "reservado", t.reservado_por == owner).order_by(t.id)
            mine.update(con.execute(query.with_for_update().with_hint(self._table, "WITH (UPDLOCK, ROWLOCK)", "mssql")).scalars())
        return mine

    def deleted(self, con: Connection, keys: Iterable[str]) -> set[str]:
        """Which of these keys have an open deletion in this table, whatever its process."""
        t = self._table.c
        conditions = self._dialect.conditions(self.scope, ("pendente", "reservado"), processo=False)
        found: set[str] = set()
        for part in _chunks(sorted(set(keys))):
            found.update(con.execute(select(t.chave).where(*conditions, t.chave.in_(part), t.operacao == "exclusao")).scalars())
        return found

    def open_rows(self, con: Connection, keys: Iterable[str]) -> dict[str, tuple[str, str | None]]:
        """Situation (pendente, reservado, erro) and reason of these keys' open rows; a key without one is absent."""
        t = self._table.c
        conditions = self._dialect.conditions(self.scope, OPEN_STATES)
        found: dict[str, tuple[str, str | None]] = {}
        for part in _chunks(sorted(set(keys))):
            rows = con.execute(select(t.chave, t.situacao, t.motivo).where(*conditions, t.chave.in_(part)))
            found.update((key, (status, reason)) for key, status, reason in rows)
        return found

    def peek(self, count: int) -> list[tuple[str, str]]:
        """``(chave, operacao)`` of the first pending rows, nothing reserved: for a dry run."""
        t = self._table.c
        query = select(t.chave, t.operacao).where(*self._dialect.conditions(self.scope, ("pendente",))).order_by(t.prioridade, t.id)
        with self._engine.connect() as con:
            return [(key, operation) for key, operation in con.execute(query.limit(count))]

    def reclaim(self, owner_prefix: str) -> int:
        """Take back what a dead earlier try of the same task holds; no try is counted. End the prefix where the try number starts."""
        if not owner_prefix:
            raise ValueError("an empty prefix would take rows from living workers")
        return self._change(("reservado",), self._of_owner(owner_prefix), values=self._back_to_pending())

    def reenviar_erros(
        self, *, owner_prefix: str | None = None, keys: Iterable[str] | None = None, reason_prefix: str | None = None
    ) -> int:
        """Refused rows pending again, no tries counted: all, or those of one run or task (owner prefix), of some keys, of reasons that begin so."""
        where = [] if owner_prefix is None else [self._of_owner(owner_prefix)]
        if reason_prefix is not None:
            where.append(self._comeca(self._table.c.motivo, reason_prefix))
        values = {**self._back_to_pending(), "tentativas": 0, "proxima_tentativa_em": null()}
        return self._change(("erro",), *where, values=values, keys=keys)

    def discard(self, keys: Iterable[str], reason: str) -> int:
        """Close rows unsent. A row in flight is not touched: its outcome is already on the way."""
        values = {"situacao": "descartado", "motivo": cut_reason(reason), "concluido_em": now(), "proxima_tentativa_em": null()}
        return self._change(("pendente", "erro"), values=values, keys=keys)

    def refuse(self, con: Connection, reasons: Mapping[str, str], chave_paciente: str = "") -> None:
        """Put keys into ``erro`` without a delivery, in the caller's transaction: key → reason. What somebody has in hand is left to him."""
        em_maos = {key for key, (status, _) in self.open_rows(con, reasons).items() if status == "reservado"}
        free = {key: cut_reason(reason) for key, reason in reasons.items() if key not in em_maos}
        self.enqueue(con, [FilaItem(key, chave_paciente, "inclusao", 0) for key in free])
        for reason in set(free.values()):
            self._change(
                ("pendente",), values={"situacao": "erro", "motivo": reason}, keys=[c for c, m in free.items() if m == reason], con=con
            )

    def conclude(self, con: Connection, keys: Iterable[str]) -> None:
        """Close keys that were settled without a delivery, in the caller's transaction. What somebody has in hand is left to him."""
        self._change(("pendente", "erro"), values={"situacao": "concluido", "concluido_em": now(), "motivo": null()}, keys=keys, con=con)

    def clean(self, older_than: timedelta, batch: int = 5000) -> int:
        """Delete closed rows of that age in short transactions; refused rows stay until somebody decides."""
        t = self._table.c
        old_rows = (
            select(t.id)
            .where(*self._dialect.conditions(self.scope, CLOSED_STATES), t.concluido_em < later(-older_than.total_seconds()))
            .order_by(t.concluido_em)
            .limit(batch)
        )
        total = 0
        while True:
            with self._transaction() as con:
                ids = con.execute(self._dialect.locked_ids(old_rows, skip=True)).scalars().all()
                for part in _chunks(ids):
                    total += con.execute(delete(self._table).where(t.id.in_(part))).rowcount
            if len(ids) < batch:
                return total

    def tally(self) -> dict[str, int]:
        """Rows per situation. Reads the whole queue: for reports, not for polling."""
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
        """Whether any row still has to travel, now or later."""
        query = select(self._table.c.id).where(*self._dialect.conditions(self.scope, ("pendente", "reservado"))).limit(1)
        with self._engine.connect() as con:
            return con.execute(query).first() is not None

    def _expired(self) -> Select[int]:
        """Rows of the whole integration whose lease ran out: one process's dead worker must not hold up another's patients."""
        t = self._table.c
        return select(t.id).where(*self._dialect.conditions(self.scope, ("reservado",), processo=False), t.reservado_ate < now())

    def _release_expired(self, con: Connection) -> None:
        # A row that its owner is writing at this moment is locked, hence alive, and skipped.
        query = self._expired().with_for_update(skip_locked=True).with_hint(self._table, "WITH (UPDLOCK, READPAST, ROWLOCK)", "mssql")
        values = {**self._back_to_pending(), "tentativas": self._table.c.tentativas + 1}
        for ids in _chunks(con.execute(query).scalars()):
            con.execute(update(self._table).where(self._table.c.id.in_(ids)).values(values))

    def _of_owner(self, prefix: str) -> ColumnElement[bool]:
        return self._comeca(self._table.c.reservado_por, prefix)

    def _comeca(self, column: SQLColumnExpression[str], prefix: str) -> ColumnElement[bool]:
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
        """Update this queue's rows in ``states`` that meet ``where``, of some keys or of all, in the transaction of ``con`` or one of its own;
        how many there were."""
        t = self._table
        changed = 0
        with self._transaction() if con is None else nullcontext(con) as con:
            for part in [None] if keys is None else list(_chunks(sorted(set(keys)))):
                conditions = [*self._dialect.conditions(self.scope, states), *where]
                if part is not None:
                    conditions.append(t.c.chave.in_(part))
                target = self._dialect.locked_ids(select(t.c.id).where(*conditions))
                # The condition once more: between the look and the lock a row may have moved on.
                changed += con.execute(update(t).where(t.c.id.in_(target), *conditions).values(values)).rowcount
        return changed

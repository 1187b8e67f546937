"""Change by comparison: tables that keep a version per row and no moment of change, against what was last seen of them.

The source sums each block of keys; only blocks whose number of rows or sum differ from the stored ones are read and compared row by row.
What is stored of a block is made of the rows that were read, never of the sums that were asked for before: a commit in between makes the
next sums differ, and is seen then. A block's new image and what it puts into the queue are one transaction of the integration database.

Very first pass: the records' own table comes last, and queues them all; what the other tables hold by then is part of them, and needs no
row of its own. From the first block of records on, every table speaks for itself.

A table that lost most of its rows at once is no change but a sick source (a restore fills tables one after another): the look ends with
an error before anything of it is queued. What was delivered meanwhile was read with such a table: once it is whole again, it is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select

from include.fusion.change import compare
from include.fusion.change.compare import Comparer, counters, of_step
from include.fusion.change.result import ScanResult
from include.fusion.errors import SourceShrank
from include.fusion.reading.spec import Row, Snapshot
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.filas.types import Operation
from include.fusion.store.tables import snapshot as table
from include.fusion.store.watermarks import Watermarks

SLACK = timedelta(minutes=5)
"""How long a table may have been losing rows before a look noticed."""
_LIST_MAX = 500
RowState = list[Any]
"""What is kept of a row: version, active (0 or 1), key of its record, patient's key, its parcela."""


class VersionScan:
    """Queues what differs from what was last seen: ``fila`` gives the queue of a process. Not shared between threads.

    ``page``: rows that are read and compared together, at most (a block at least). ``loss_max``: share of a table's rows that may vanish
    between two looks. ``delivered``: keys of the records that Fusion confirmed since a moment.
    """

    def __init__(
        self,
        queries: SystemQueries,
        fusion: Engine,
        fila: Callable[[str], Fila],
        watermarks: Watermarks,
        *,
        delivered: Callable[[Connection, datetime], Collection[str]],
        page: int,
        step: str | None = None,
        loss_max: float = 1.0,
    ) -> None:
        self.queries = queries
        self.fusion = fusion
        self.fila = fila
        self.watermarks = watermarks
        self.snapshots = of_step(queries, step)
        self._delivered = delivered
        self._blocks = max(1, page // compare.BLOCK)
        self._comparer = Comparer(queries, watermarks, loss_max)
        self._started = False
        self._shrunk: set[str] | None = None

    def run(self, result: ScanResult, on_progress: Callable[[object], None] | None = None) -> None:
        """Compare every table that may have changed, all of them at first; safe to repeat and to run beside itself."""
        if not self.snapshots:
            return
        with self.fusion.connect() as own:
            initial = not self._has_started(own)
        with self.queries.engine.connect() as con:
            # Counters before sums: a write in between moves them once more.
            moved = counters(self.queries, con)
            con.rollback()
            for snapshot in self.snapshots:
                sinal = moved.get(snapshot.table)
                if not initial and not self._comparer.is_worth(snapshot, sinal):
                    continue
                result.por_origem.setdefault(snapshot.nome, 0)
                try:
                    blocks = self._comparer.differing(con, self.fusion, snapshot, sinal)
                except SourceShrank:
                    self._note_shrunk(snapshot)
                    raise
                for i in range(0, len(blocks), self._blocks):
                    batch = blocks[i : i + self._blocks]
                    self._update(con, snapshot, batch, result, silent=initial and not snapshot.principal)
                    if on_progress is not None:
                        on_progress(result)
                if snapshot.nome in self._still_shrunk():
                    self._reread_delivered(snapshot, result)

    def _still_shrunk(self) -> set[str]:
        """Tables that were found sick and not whole again since, in whatever process."""
        if self._shrunk is None:
            with self.fusion.connect() as own:
                self._shrunk = {r.nome for r in self.snapshots if self.watermarks.sick_since(own, r.nome)}
        return self._shrunk

    def _note_shrunk(self, snapshot: Snapshot) -> None:
        if snapshot.nome not in self._still_shrunk():
            with self.fusion.begin() as own:
                self.watermarks.note_health(own, snapshot.nome, sick=True)
            self._still_shrunk().add(snapshot.nome)

    def _reread_delivered(self, snapshot: Snapshot, result: ScanResult) -> None:
        """Queue what was delivered or refused while ``snapshot`` was sick: it was read without that table's rows, and no row of it will change."""
        principal = next((r for r in self.snapshots if r.principal), snapshot)
        self.fila(principal.processo).reenviar_erros()
        with self.fusion.begin() as own:
            if since := self.watermarks.sick_since(own, snapshot.nome, lock=True):
                living = self._known(own, self._delivered(own, since - SLACK))
                items = [FilaItem(key, paciente or "", "alteracao") for key, paciente in sorted(living.items())]
                result.add(snapshot.nome, 0, self.fila(principal.processo).enqueue(own, items) if items else 0)
                self.watermarks.note_health(own, snapshot.nome, sick=False)
        self._still_shrunk().discard(snapshot.nome)

    def _has_started(self, con: Connection) -> bool:
        """Whether anything is stored of the records' own table."""
        principal = next((r for r in self.snapshots if r.principal), None)
        if not self._started and principal is not None:
            self._started = con.execute(select(table.c.bloco).where(*self._comparer.of_these(principal)).limit(1)).first() is not None
        return self._started or principal is None

    def _update(self, con: Connection, snapshot: Snapshot, blocks: Sequence[int], result: ScanResult, *, silent: bool) -> None:
        t, of_these = table.c, [*self._comparer.of_these(snapshot), table.c.bloco.in_(blocks)]
        with self.fusion.begin() as own:
            # The lock before the rows: of two that read at once, the later reader must also be the later writer.
            self.watermarks.lock(own, snapshot.nome)
            before: dict[str, RowState] = {}
            for (content,) in own.execute(select(t.conteudo).where(*of_these)):
                before |= orjson.loads(content)
            new: dict[int, tuple[dict[str, RowState], int]] = {}
            for span in join(blocks, self._blocks):
                rows = self.queries.rows(con, snapshot.sql, de=span[0] * compare.BLOCK, ate=(span[-1] + 1) * compare.BLOCK)
                new |= _by_block(rows, frozenset(span))
            con.rollback()
            after = {pk: state for states, _ in new.values() for pk, state in states.items()}
            changed = [pk for pk in before.keys() | after.keys() if before.get(pk) != after.get(pk)]
            result.regressivas += sum(pk in before and pk in after and _went_back(before[pk], after[pk]) for pk in changed)
            # Asked after the rows were read: records that another pass queues later than this are read with all that these rows say.
            items = [] if silent and not self._has_started(own) else self._items(con, own, snapshot, changed, before, after)
            result.add(snapshot.nome, len(changed), self.fila(snapshot.processo).enqueue(own, items) if items else 0)
            own.execute(delete(table).where(*of_these))
            if new:
                key = self._comparer.chave(snapshot)
                own.execute(insert(table), [{**key, **_row(b, states, total)} for b, (states, total) in sorted(new.items())])
            self.watermarks.done(own, snapshot.nome)

    def _items(
        self,
        con: Connection,
        own: Connection,
        snapshot: Snapshot,
        changed: Sequence[str],
        before: Mapping[str, RowState],
        after: Mapping[str, RowState],
    ) -> list[FilaItem]:
        """One per record that a changed row reaches: the one it belonged to, and the one it belongs to now."""
        if snapshot.principal:
            return [_of_record(before.get(pk), after.get(pk)) for pk in sorted(changed, key=int)]
        states = [e for pk in changed for e in (before.get(pk), after.get(pk)) if e is not None]
        if snapshot.sql_targets:
            pairs = self._reached(con, snapshot.sql_targets, sorted({e[3] for e in states if e[3]}))
        else:
            pairs = {e[2]: e[3] for e in states if e[2]}
            deleted = pairs.keys() - {after[pk][2] for pk in changed if pk in after}
            for key in deleted - self._known(own, deleted).keys():
                del pairs[key]  # The record went before this row of its: it is cancelled already, and there is nothing to read.
        return [FilaItem(key, paciente or "", "alteracao") for key, paciente in sorted(pairs.items())]

    def _known(self, own: Connection, keys: Collection[str]) -> dict[str, str | None]:
        """Which of these records the stored image has, with their patients."""
        principal = next((r for r in self.snapshots if r.principal), None)
        if principal is None:
            return dict.fromkeys(keys)
        t, blocks, found = table.c, sorted({int(key) // compare.BLOCK for key in keys}), dict[str, str | None]()
        for i in range(0, len(blocks), _LIST_MAX):
            where = (*self._comparer.of_these(principal), t.bloco.in_(blocks[i : i + _LIST_MAX]))
            for (content,) in own.execute(select(t.conteudo).where(*where)):
                found |= {state[2]: state[3] for state in orjson.loads(content).values()}
        return {key: found[key] for key in found.keys() & set(keys)}

    def _reached(self, con: Connection, file: str, pacientes: Sequence[str]) -> dict[str, str]:
        command = self.queries.sql(file).bindparams(bindparam("pacientes", expanding=True))
        kind = self.queries.sistema.key_type
        pairs: dict[str, str] = {}
        for i in range(0, len(pacientes), _LIST_MAX):
            found = con.execute(command, {"pacientes": [kind(p) for p in pacientes[i : i + _LIST_MAX]]})
            pairs |= {str(key): str(paciente) for key, paciente in found}
        con.rollback()
        return pairs


def join(blocks: Sequence[int], count: int) -> Iterator[list[int]]:
    """Blocks in order, put together where one range of ``count`` blocks holds them: each is one statement at the source."""
    group: list[int] = []
    for block in blocks:
        if group and block - group[0] >= count:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _by_block(rows: Sequence[Row], blocks: frozenset[int]) -> dict[int, tuple[dict[str, RowState], int]]:
    """State by key and sum of every block of ``blocks`` that has rows."""
    found: dict[int, tuple[dict[str, RowState], int]] = {}
    for x in rows:
        pk = int(x["pk"])
        if (block := pk // compare.BLOCK) in blocks:
            states, total = found.get(block, ({}, 0))
            share = int(x["parcela"])
            states[str(pk)] = [int(x["versao"]), int(bool(x["ativo"])), _text(x["chave"]), _text(x["chave_paciente"]), share]
            found[block] = (states, total + share)
    return found


def _went_back(before: RowState, after: RowState) -> bool:
    """Whether a restored database shows: a smaller version, or another row under the same key and version."""
    return after[0] < before[0] or (after[0] == before[0] and after[4] != before[4])


def _row(block: int, states: Mapping[str, RowState], total: int) -> dict[str, Any]:
    return {"bloco": block, "quantidade": len(states), "soma": total, "conteudo": orjson.dumps(states).decode()}


def _of_record(before: RowState | None, after: RowState | None) -> FilaItem:
    state = after or before
    assert state is not None
    live = after is not None and after[1]
    operation: Operation = "exclusao" if not live else "inclusao" if before is None else "alteracao"
    return FilaItem(state[2], state[3] or "", operation)

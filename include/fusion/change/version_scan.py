"""Version scan: finds changes in tables that have a version per row but no time of change.

The source sums each block of keys. Only blocks with another number of rows or another sum than the stored ones are read, and compared row
by row. The rows that were read are stored, never the sums from before: so a commit in between shows at the next look. One transaction of
the integration database stores a block and queues its changes.

In the very first look, the table of the records comes last and queues all records. Rows of the other tables are part of those records and
are not queued. From the first stored block of records on, the changes of every table are queued.

A table that lost most of its rows at once means a sick source (a restore fills tables one after another): the look ends with an error and
queues nothing of that table. Records that were delivered meanwhile are read again once the table is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, delete, insert, select

from include.fusion.change import compare
from include.fusion.change.compare import Comparer, counters, of_step
from include.fusion.change.result import ScanResult
from include.fusion.errors import SourceShrank
from include.fusion.reading.spec import Row, Snapshot
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem, Operation
from include.fusion.store.tables import snapshot as table
from include.fusion.store.watermarks import Watermarks

SLACK = timedelta(minutes=5)
"""A table may lose rows for so long before a look notices."""
_LIST_MAX = 500
RowState = list[Any]
"""Stored of a row: version, active (0 or 1), key of its record, key of its patient, parcela."""
States = Mapping[str, RowState]


@dataclass(eq=False)
class VersionScan:
    """Queues rows that differ from the stored snapshot. ``fila`` returns the queue of a process. Not thread-safe.

    ``delivered`` returns the keys of the records that Fusion confirmed since a time. ``page``: most rows that are read at once (but at least
    a block). ``loss_max``: share (0 to 1) of a table's rows that may vanish between two looks.
    """

    queries: SystemQueries
    fusion: Engine
    fila: Callable[[str], Fila]
    watermarks: Watermarks
    _: KW_ONLY
    delivered: Callable[[Connection, datetime], Collection[str]]
    page: int
    step: str | None = None
    loss_max: float = 1.0

    def __post_init__(self) -> None:
        self.snapshots = of_step(self.queries, self.step)
        self.principal = next((s for s in self.snapshots if s.principal), None)
        self._blocks = max(1, self.page // compare.BLOCK)
        self._comparer = Comparer(self.queries, self.watermarks, self.loss_max)
        self._started = self.principal is None
        self._shrunk: set[str] | None = None

    def run(self, result: ScanResult, on_progress: Callable[[object], None] | None = None) -> None:
        """Compare every table that may have changed (at first: all). Safe to repeat and to run twice at once."""
        if not self.snapshots:
            return
        with self.fusion.connect() as own:
            initial = not self._has_started(own)
        with self.queries.engine.connect() as con:
            # Counters before sums: a write in between moves the counter again.
            moved = counters(self.queries, con)
            con.rollback()
            for snapshot in self.snapshots:
                signal = moved.get(snapshot.table)
                if not initial and not self._comparer.is_worth(snapshot, signal):
                    continue
                result.por_origem.setdefault(snapshot.nome, 0)
                try:
                    blocks = self._comparer.differing(con, self.fusion, snapshot, signal)
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
        """Tables that are still sick, whichever run noticed it."""
        if self._shrunk is None:
            with self.fusion.connect() as own:
                self._shrunk = {s.nome for s in self.snapshots if self.watermarks.sick_since(own, s.nome)}
        return self._shrunk

    def _note_shrunk(self, snapshot: Snapshot) -> None:
        if snapshot.nome not in self._still_shrunk():
            with self.fusion.begin() as own:
                self.watermarks.note_health(own, snapshot.nome, sick=True)
            self._still_shrunk().add(snapshot.nome)

    def _reread_delivered(self, snapshot: Snapshot, result: ScanResult) -> None:
        """Queue the records that were delivered or refused while this table was sick: they were read without its rows."""
        fila = self.fila((self.principal or snapshot).processo)
        fila.reenviar_erros()
        with self.fusion.begin() as own:
            if since := self.watermarks.sick_since(own, snapshot.nome, lock=True):
                living = self._known(own, self.delivered(own, since - SLACK))
                items = [FilaItem(key, paciente or "", "alteracao") for key, paciente in sorted(living.items())]
                result.add(snapshot.nome, 0, fila.enqueue(own, items) if items else 0)
                self.watermarks.note_health(own, snapshot.nome, sick=False)
        self._still_shrunk().discard(snapshot.nome)

    def _has_started(self, con: Connection) -> bool:
        """Whether a block of the records' table is stored."""
        if not self._started and self.principal is not None:
            blocks = select(table.c.bloco).where(*self._comparer.of_these(self.principal)).limit(1)
            self._started = con.execute(blocks).first() is not None
        return self._started

    def _update(self, con: Connection, snapshot: Snapshot, blocks: Sequence[int], result: ScanResult, *, silent: bool) -> None:
        t, of_these = table.c, [*self._comparer.of_these(snapshot), table.c.bloco.in_(blocks)]
        with self.fusion.begin() as own:
            # Lock before reading: of two runs at once, the one that reads later must also write later.
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
            # Asked after the rows were read: a record that another run queues later is read with these rows.
            items = [] if silent and not self._has_started(own) else self._items(con, own, snapshot, changed, before, after)
            result.add(snapshot.nome, len(changed), self.fila(snapshot.processo).enqueue(own, items) if items else 0)
            own.execute(delete(table).where(*of_these))
            if new:
                key = self._comparer.block_key(snapshot)
                own.execute(insert(table), [{**key, **_row(b, states, total)} for b, (states, total) in sorted(new.items())])
            self.watermarks.done(own, snapshot.nome)

    def _items(
        self, con: Connection, own: Connection, snapshot: Snapshot, changed: Sequence[str], before: States, after: States
    ) -> list[FilaItem]:
        """One item per record that a changed row belongs to now or belonged to before."""
        if snapshot.principal:
            return [_of_record(before.get(pk), after.get(pk)) for pk in sorted(changed, key=int)]
        states = [state for pk in changed for state in (before.get(pk), after.get(pk)) if state is not None]
        if snapshot.sql_targets:
            pairs = self._reached(con, snapshot.sql_targets, sorted({paciente for *_, paciente, _ in states if paciente}))
        else:
            pairs = {key: paciente for *_, key, paciente, _ in states if key}
            deleted = pairs.keys() - {after[pk][2] for pk in changed if pk in after}
            for key in deleted - self._known(own, deleted).keys():
                del pairs[key]  # The record went before its row did: it is already cancelled.
        return [FilaItem(key, paciente or "", "alteracao") for key, paciente in sorted(pairs.items())]

    def _known(self, own: Connection, keys: Collection[str]) -> dict[str, str | None]:
        """Those of these records that are stored, each with its patient."""
        if self.principal is None:
            return dict.fromkeys(keys)
        t, blocks, found = table.c, sorted({int(key) // compare.BLOCK for key in keys}), dict[str, str | None]()
        for i in range(0, len(blocks), _LIST_MAX):
            where = (*self._comparer.of_these(self.principal), t.bloco.in_(blocks[i : i + _LIST_MAX]))
            for (content,) in own.execute(select(t.conteudo).where(*where)):
                found |= {state[2]: state[3] for state in orjson.loads(content).values()}
        return {key: found[key] for key in found.keys() & set(keys)}

    def _reached(self, con: Connection, file: str, pacientes: Sequence[str]) -> dict[str, str]:
        command = self.queries.sql(file)
        kind = self.queries.sistema.key_type
        pairs: dict[str, str] = {}
        for i in range(0, len(pacientes), _LIST_MAX):
            found = con.execute(command, {"pacientes": [kind(p) for p in pacientes[i : i + _LIST_MAX]]})
            pairs |= {str(key): str(paciente) for key, paciente in found}
        con.rollback()
        return pairs


def join(blocks: Sequence[int], count: int) -> Iterator[list[int]]:
    """Group blocks (in order) so that each group spans at most ``count`` blocks: one statement at the source per group."""
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
    """Block → (key → state, sum), for the given blocks that have rows."""
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
    """Whether the database was restored: the version is smaller, or the same version has another parcela."""
    return after[0] < before[0] or (after[0] == before[0] and after[4] != before[4])


def _row(block: int, states: States, total: int) -> dict[str, Any]:
    return {"bloco": block, "quantidade": len(states), "soma": total, "conteudo": orjson.dumps(states).decode()}


def _of_record(before: RowState | None, after: RowState | None) -> FilaItem:
    state = after or before
    assert state is not None
    live = after is not None and after[1]
    operation: Operation = "exclusao" if not live else "inclusao" if before is None else "alteracao"
    return FilaItem(state[2], state[3] or "", operation)

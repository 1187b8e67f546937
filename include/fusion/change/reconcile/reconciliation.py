"""Compares one kind of record at the source, in the ledger and in Fusion, and repairs what differs through the queue.

Two looks: a key counts only if it differs in both, with some time in between, and is not in the queue. In each look the source is read last:
what was admitted meanwhile is then at the source, and never looks like a ghost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from include.fusion.change.reconcile.result import KEYS_TOLD, Found
from include.fusion.change.reconcile.sides import SourceRefuses, fusion_list, fusion_some, ledger_pages, source_keys
from include.fusion.change.reconcile.staging import BY_CONTENT, BY_KEY, GHOST, KINDS, MISSING, STALE, Difference, Staging
from include.fusion.errors import DENIED, SourceRefused
from include.fusion.http.fusion import FusionClient
from include.fusion.model.content import package
from include.fusion.reading.reader import ABSENT, VANISHED, Reader, ReadResult
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.ledger import UNKNOWN, Ledger

PRIORITY = 7
"""Of repairs in the queue: after the day's changes, before an initial load."""
READ = 200
"""Records read at the source at a time."""


@dataclass(frozen=True)
class Limits:
    """How much of a comparison, and how fast. Times in seconds.

    ``share`` (0 to 1) of the living records, but at least ``minimum``: so many may be cancelled without a person's yes. ``nights``: contents
    of everything are read once in so many nights; ``rest``: pause between two reads; ``settle``: time between the two looks.
    """

    share: float = 0.01
    minimum: int = 20
    nights: int = 1
    rest: float = 0.0
    settle: float = 30.0


@dataclass(frozen=True, eq=False)
class Unit:
    """Records of one kind under one number in Fusion. ``repairs``: the queue that repairs them; ``queues``: all that may hold them.

    ``listed``: the source tells its keys; else only those are compared that ledger or Fusion know. ``expected``: all of them must be in
    Fusion; else, with ``since``, those that this filter of the keys statement finds. ``elsewhere``: ledgers of the same kind under other numbers.
    """

    path: str
    ledger: Ledger
    reader: Reader
    repairs: Fila
    queues: Sequence[Fila]
    listed: bool = True
    expected: bool = True
    since: Mapping[str, Any] | None = None
    elsewhere: Sequence[Ledger] = ()
    cancel_absent: bool = False


@dataclass(eq=False)
class Reconciliation:
    """``filters``: binds of the keys statement. ``chosen``: only what they find (and ``key``, if given) is compared. Not thread-safe."""

    queries: SystemQueries
    fusion: Engine
    api: Callable[[], FusionClient]
    unit: Unit
    limits: Limits
    filters: Mapping[str, Any]
    chosen: bool = False
    key: str | None = None
    wait: Callable[[float], None] = time.sleep
    found: Found = field(init=False)

    def run(self, *, dry_run: bool = False, approved: int | None = None) -> Found:
        """Compare and, but for a dry run, repair. ``approved``: a person agreed to so many cancellations; only they are done.

        Raises :class:`SourceRefuses`, or what Fusion's client raises.
        """
        self.found = Found(self.unit.ledger.entidade, self.unit.ledger.integracao_id)
        staging = Staging()
        try:
            self._first_look(staging)
            living = staging.alive()
            if approved is None:
                self._read_contents(staging)
            if any(staging.tally().values()):
                self.wait(self.limits.settle)
                self._second_look(staging)
            self._leave_the_queue_alone(staging)
            self._repair(staging, living, dry_run, approved)
        finally:
            staging.close()
        return self.found

    # --- looks ------------------------------------------------------------------------------------------------------

    def _first_look(self, s: Staging) -> None:
        if self.chosen:
            self._source(s)
            self._hub_and_fusion(s, lambda: self._asked(s))
        else:
            for page in ledger_pages(self.fusion, self.unit.ledger):
                s.add_ledger(page)
            s.has_list = fusion_list(self.api, self.unit.path, self.unit.ledger.integracao_id, s.add_fusion)
            for other in self.unit.elsewhere:
                for page in ledger_pages(self.fusion, other):
                    s.add_elsewhere(key for key, entry in page if not entry.cancelled)
            self._source(s)
        s.compare()
        f = self.found
        f.lista_fusion, f.origem, f.livro, f.fusion = s.has_list, s.count("origem"), s.count("livro"), s.count("fusion")

    def _second_look(self, s: Staging) -> None:
        s.take_differences()
        s.forget("livro", "fusion", "origem")
        self._hub_and_fusion(s, lambda: s.keys("antes"))
        self._source(s)
        s.only_before()
        s.compare()
        s.keep_seen_twice()
        if not self.unit.listed:
            self._find_the_gone(s)
        for page in s.pages(seen=BY_CONTENT, size=READ):
            keys = [d.chave for d in page]
            versions = s.versions(keys)
            kinds = self._kinds(keys, versions)
            s.drop(key for key in keys if kinds[key] is None)
            s.differs((key, kind) for key, kind in kinds.items() if kind is not None)

    def _find_the_gone(self, s: Staging) -> None:
        """Of records that the source does not list: whether it has them shows only when they are read."""
        for page in s.pages(seen=BY_KEY, size=READ):
            read = self._read([d.chave for d in page])
            s.differs((d.chave, GHOST) for d in page if read.get(d.chave) is None)

    def _asked(self, s: Staging) -> Iterator[Sequence[str]]:
        yield from s.keys("origem")
        if self.key is not None and not s.count("origem"):
            yield [self.key]  # Gone at the source, or of another patient or period than was asked for.

    def _hub_and_fusion(self, s: Staging, parts: Callable[[], Iterator[Sequence[str]]]) -> None:
        for part in parts():
            with self.fusion.connect() as con:
                s.add_ledger(self.unit.ledger.read(con, part).items())
        if s.has_list:
            path, number = self.unit.path, self.unit.ledger.integracao_id
            s.has_list = fusion_some(self.api, path, number, parts(), s.add_fusion)

    def _source(self, s: Staging) -> None:
        u = self.unit
        if not u.listed:
            for part in s.known():
                s.add_source((key, "", True, False) for key in part)
            return
        everything = u.expected or self.chosen
        for rows in source_keys(self.queries, self.filters):
            s.add_source((str(x["chave"]), str(x["chave_paciente"] or ""), x["operacao"] != "exclusao", everything) for x in rows)
        if u.since is not None and not everything:
            for rows in source_keys(self.queries, u.since):
                s.add_source((str(x["chave"]), str(x["chave_paciente"] or ""), x["operacao"] != "exclusao", True) for x in rows)

    # --- contents ---------------------------------------------------------------------------------------------------

    def _read_contents(self, s: Staging) -> None:
        nights = 1 if self.chosen else self.limits.nights
        for part in s.agreed(READ, nights, datetime.now(UTC).date().toordinal() % nights):
            kinds = self._kinds([key for key, _ in part], dict(part))
            s.differs((key, kind) for key, kind in kinds.items() if kind is not None)
            self.found.conteudos_lidos += len(part)
            if self.limits.rest:
                self.wait(self.limits.rest)

    def _kinds(self, keys: Sequence[str], versions: Mapping[str, str]) -> dict[str, str | None]:
        """Kind of difference by key, as the source says now; ``None``: Fusion has the same content."""
        read = self._read(keys)
        return {key: self._kind(read.get(key), versions.get(key)) for key in keys}

    def _read(self, keys: Sequence[str]) -> Mapping[str, ReadResult]:
        try:
            return self.unit.reader.read(keys)
        except (DBAPIError, SourceRefused) as error:
            raise SourceRefuses(error) from None

    def _kind(self, result: ReadResult, version: str | None) -> str | None:
        if result is None:
            return GHOST if self.unit.cancel_absent or not self.unit.listed else STALE
        if isinstance(result, Exception):
            return STALE  # Its delivery will refuse it, and the queue then shows the reason.
        return None if package(result)[1] == version else STALE

    # --- repair -----------------------------------------------------------------------------------------------------

    def _leave_the_queue_alone(self, s: Staging) -> None:
        for page in s.pages():
            with self.fusion.connect() as con:
                rows = [fila.open_rows(con, [d.chave for d in page]) for fila in self.unit.queues]
            queued = {d.chave for d in page for found in rows if d.chave in found and _is_dealt_with(d, *found[d.chave])}
            s.drop(queued)
            self.found.na_fila += len(queued)

    def _repair(self, s: Staging, living: int, dry_run: bool, approved: int | None) -> None:
        f, limits = self.found, self.limits
        for kind, count in s.tally().items():
            setattr(f, kind, count)
        f.chaves = {kind: keys for kind in KINDS if (keys := [d.chave for d in s.differences(kind, limit=KEYS_TOLD)])}
        allowed = approved if approved is not None else max(limits.minimum, int(limits.share * living))
        f.retidos = f.fantasma if f.fantasma > allowed else 0
        if dry_run:
            return
        if approved is None:
            for kind in (MISSING, STALE):
                for page in s.pages(kind):
                    self._send_again(page)
        if not f.retidos:
            for page in s.pages(GHOST):
                self._cancel(page)

    def _send_again(self, page: Sequence[Difference]) -> None:
        with self.fusion.begin() as con:
            items = [FilaItem(d.chave, d.paciente, "alteracao", PRIORITY) for d in page]
            self.found.enfileirados += self.unit.repairs.enqueue(con, items)
            # The ledger is wrong about these: without a doubt, their content would count as delivered.
            self.unit.ledger.doubt(con, [d.chave for d in page if d.visto == BY_KEY])

    def _cancel(self, page: Sequence[Difference]) -> None:
        with self.fusion.begin() as con:
            items = [FilaItem(d.chave, d.paciente, "exclusao", PRIORITY) for d in page]
            self.found.enfileirados += self.unit.repairs.enqueue(con, items)
            # Also of what the ledger does not know, or holds to be cancelled: else nothing would be sent.
            self.unit.ledger.announce(con, [(d.chave, UNKNOWN) for d in page])


def _is_dealt_with(difference: Difference, state: str, reason: str | None) -> bool:
    """Whether the queue's row stands for the difference: it waits, or Fusion cannot have the record, and the row says why.

    A refusal because the source had no such record says nothing once it has one, and is no reason to keep a ghost. Nor does a denied access
    say anything about a record: in an outage of some minutes others may have got through, so it is tried again.
    """
    passing = reason == ABSENT or any(part in (reason or "") for part in (VANISHED, DENIED))
    return state != "erro" or not (passing or difference.tipo == GHOST)

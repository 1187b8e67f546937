"""One installation of a system in the hub: real databases, a sandbox Fusion, the engine in this process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg2

from include.fusion.change.replay import ReplayRequest, enqueue_request
from include.fusion.change.watcher import states
from include.fusion.hl7.wire.transport import Hl7Carrier, HttpTransport
from include.fusion.settings.sections import Conciliacao
from include.fusion.store.filas import FilaItem
from include.fusion.wiring.names import Runtime, reconcile
from sandbox.origens.base import Change, Expected
from sandbox.postgres import Postgres
from sandbox.sources import sources
from tests.conformance.facts import Facts, facts
from tests.conformance.seen import Messages, Records, Seen
from tests.harness import Harness

OWNER = "conformance/run/task#"
"""Owner of reserved rows, without the number of the try."""
ROUNDS = 30
TRIES = 4000
"""Changes that are thrown away until one is of the wanted kind."""


def admission(change: Change) -> bool:
    """A record that was not there before."""
    return change.operacao == "inclusao"


class Site(Harness):
    """``close`` removes everything. What a case did at the source stays there; the next makes changes of its own."""

    def __init__(self, postgres: Postgres, folder: Path, known: Facts, attendances: int, options: Mapping[str, Any]) -> None:
        self.facts = known
        self._spoiled: dict[str, str] = {}
        self._left_alone: dict[str, str] = {}
        super().__init__(postgres, folder, known.name, attendances, **options)
        self.seen: Seen = Messages(self) if known.messages else Records(self)
        self._feeder = self.build(known.source.fed_by) if known.source.fed_by else None

    def build(self, integracao: str = "") -> Runtime:
        known = facts(integracao) if integracao else self.facts
        return Runtime(known.entry(), self._engine, lambda _: self.client())

    def bring_history(self) -> None:
        """Bring everything that the source has to Fusion. ``history``: its keys; others say what did not get there."""
        if self.facts.own_initial_load:
            self.runtime.own_initial_load(500).run(on_progress=lambda _: None, wait=lambda: None)
        self.settle()
        self.queue_everything()
        self.deliver()
        self.history = {e.chave for e in self.expected() if e.operacao != "exclusao"}
        self.refused_history = self.reasons()
        self.unseen_history = self.history - self.seen.living()

    # --- at the source ----------------------------------------------------------------------------------------------

    @contextmanager
    def hospital(self) -> Iterator[Any]:
        """A connection to the source's database. It waits for no lock of another one for long."""
        con = psycopg2.connect(self.dsn["origem"], options="-c lock_timeout=3s")
        try:
            yield con
        finally:
            con.close()

    def spoil(self, kind: str) -> Change:
        """One bad input of this kind, committed. Nothing else will happen to its patient: what did would be refused, too."""
        change: Change = self.change(invalid=kind)[0]
        self._spoiled |= {change.chave: change.chave_paciente}
        with self.hospital() as con:
            self._left_alone = self._with_spoiled(con)
        return change

    def _with_spoiled(self, con: Any) -> dict[str, str]:
        """Key → patient of every record that is spoiled, or of a patient with a spoiled one."""
        theirs = set(filter(None, self._spoiled.values()))
        expected = self.source_items.keys(con) if self._spoiled else ()
        return {e.chave: e.chave_paciente for e in expected if e.chave in self._spoiled or e.chave_paciente in theirs}

    def _leaves_spoiled_alone(self, con: Any, change: Change) -> bool:
        """Whether the records of spoiled patients stay as they are, in this transaction: an edit may mend one, a merge of patients move it."""
        return not self._spoiled.keys() & {change.chave, *change.affected} and self._with_spoiled(con) == self._left_alone

    def happens(self, kind: Callable[[Change], bool] = admission, con: Any = None, make: Any = None) -> Change:
        """One change of this kind, committed; in the transaction ``con``, where one is given, and then not committed.

        ``make`` takes the place of the source's ``change``.
        """
        make = make or self.source_items.change
        if con is not None:
            return self._until(con, kind, make)
        with self.hospital() as own:
            change = self._until(own, kind, make)
            own.commit()
            return change

    def _until(self, con: Any, kind: Callable[[Change], bool], make: Any) -> Change:
        for _ in range(TRIES):
            try:
                change: Change = make(con, self.rng)
            except psycopg2.errors.LockNotAvailable:
                con.rollback()
                continue
            if kind(change) and self._leaves_spoiled_alone(con, change):
                return change
            con.rollback()
        raise AssertionError(f"{TRIES} changes of sandbox.origens.{self.facts.name} and none is of the wanted kind")

    def cancellation(self) -> Change:
        """A record that Fusion has ends at the source."""
        living = self.seen.living()

        def ends(change: Change) -> bool:
            return change.operacao == "exclusao" and change.chave in living

        return self.happens(ends, make=getattr(self.source_items, "cancellation", None))

    def expected(self) -> list[Expected]:
        """Every record with the state that Fusion must have, as the source's own package says."""
        with self.hospital() as con:
            return list(self.source_items.keys(con))

    def personal(self) -> set[str]:
        """Names and documents of all patients at the source, those of one to three characters left out."""
        table = self.facts.source.personal or next(
            (s.personal for s in sources().values() if s.database == self.facts.source.database and s.personal), {}
        )
        if not table:
            return set()
        rows = self.origem(f"select {', '.join(table['columns'])} from {table['table']}")
        return {text for row in rows for value in row if value is not None and len(text := str(value).strip()) > 3}

    # --- the engine -------------------------------------------------------------------------------------------------

    def feed(self) -> None:
        """What another system must do first: its deliveries are this one's work."""
        if self._feeder is not None:
            self._feeder.search().run()
            self._sending(self._feeder, f"{OWNER}0|").run()

    def look(self) -> int:
        """One look for work; how many rows it queued."""
        self.feed()
        return self.load()

    def queue(self, *keys: str) -> None:
        """Queue these keys as they are."""
        with self.runtime.fusion.begin() as con:
            self.runtime.fila().enqueue(con, [FilaItem(key) for key in keys])

    def queue_everything(self) -> int:
        """Queue every record of the source, as an initial load does; how many."""
        m = self.runtime
        return enqueue_request(m.queries, m.fusion, m.fila(), m.ledger, ReplayRequest(), page=500)

    @property
    def steps(self) -> list[Callable[[str], Any]]:
        """What brings queued rows to Fusion, each called with an owner; returns its counts."""
        prepares = [self.runtime.prepare_hl7_pendencias] if any(p.prepares for p in self.runtime.sistema.processos) else []
        return [*prepares, self.send]

    def deliver(self, owner: str = f"{OWNER}1|", processo: str | None = None, **settings: Any) -> Any:
        """Bring everything in the queues to Fusion; counts of the last step."""
        return [step(owner) for step in self.steps][-1]

    def send(self, owner: str) -> Any:
        return self.sending(owner).run()

    def sending(self, owner: str) -> Any:
        """A delivery that has not begun."""
        return self._sending(self.runtime, owner)

    def _sending(self, runtime: Runtime, owner: str) -> Any:
        carrier: Any = self.client()
        if any(p.messages for p in runtime.sistema.processos):
            carrier = Hl7Carrier(HttpTransport(carrier, f"/api/HL7/{runtime.integracao.integracao_id}"))
        # Many records of a test may be wrong, and its queue is short.
        settings = runtime.integracao.delivery.model_copy(update={"permanencia": timedelta(0), "minimo_para_parcela": 10**6})
        return runtime.delivery(settings, carrier, owner, runtime.routes())

    def settle(self) -> None:
        """Look and deliver until a look finds nothing."""
        for _ in range(ROUNDS):
            if not self.look():
                self.deliver()
                return
            self.deliver()
        raise AssertionError(f"{ROUNDS} looks, and each found something, though nothing happens at the source")

    def rest(self, seconds: float = 15.0) -> None:
        """Settle until the watcher sees nothing: a marker of whole seconds is looked at again when its second is over."""
        end = time.monotonic() + seconds
        self.settle()
        while self.sees_work() and time.monotonic() < end:
            time.sleep(0.3)
            self.settle()

    def sees_work(self) -> bool:
        """Whether the watcher would wake the DAG for what is at the source."""
        m = self.runtime
        return bool(m.watcher().has_work(states(m.fusion, [m.target])[m.target].watermarks))

    # --- the queues -------------------------------------------------------------------------------------------------

    @property
    def tables(self) -> Sequence[str]:
        return tuple(dict.fromkeys(p.table for p in self.runtime.sistema.processos))

    def reasons(self) -> dict[str, str | None]:
        """Key → reason of what stays in the queues, refused. A message's key is its patient's; a record of another kind has it before its key."""
        found: dict[str, str | None] = {}
        for p in self.runtime.sistema.processos:
            own = p.entidade == self.runtime.sistema.entidade
            key = "chave_paciente" if p.messages else "chave" if own else f"'{p.entidade} ' || chave"
            found |= dict(self.fila(f"select {key}, motivo from {p.table} where processo = %s and situacao = 'erro'", p.nome))
        return found

    def concluded(self, after: int) -> Counter[str]:
        """Keys of the first queue's rows that came after the row ``after`` and are concluded."""
        first = self.runtime.sistema.processos[0]
        where = "processo = %s and id > %s and situacao = 'concluido'"
        return Counter(key for (key,) in self.fila(f"select chave from {first.table} where {where}", first.nome, after))

    def last_row(self) -> int:
        return int(self.fila(f"select coalesce(max(id), 0) from {self.runtime.sistema.processos[0].table}")[0][0])

    def let_leases_run_out(self, owner: str) -> None:
        """Time passes, and ``owner`` does not renew its leases."""
        for table in self.tables:
            self.fila(f"update {table} set reservado_ate = now() - interval '1 second' where reservado_por = %s", owner)

    def lose_what_waits(self) -> None:
        """Rows that wait to be delivered are gone, as after a restore of the queue or a trigger that failed in silence."""
        for table in self.tables:
            self.fila(f"delete from {table} where situacao = 'pendente'")

    def reconcile(self, **form: Any) -> list[Any]:
        """One reconciliation, without the time between its looks; everything that the source has counts as expected."""
        m = self.build()
        m.integracao = m.integracao.model_copy(update={"conciliacao": Conciliacao(desde=date(1900, 1, 1))})
        return reconcile(m, ReplayRequest(**form), wait=lambda _: None)

    def forget_where_it_was(self) -> None:
        """Delete watermarks, windows, snapshots and replicas: everything will look new."""
        replicas = {o.replica.table for o in self.runtime.sistema.origins if o.replica is not None}
        for table in ("marca_dagua", "carga_vista", "retrato", *replicas):
            self.fila(f"delete from {table}")

    def stored(self) -> dict[str, Any]:
        """A digest of every table of the integration database."""
        tables = self.fila("select tablename from pg_tables where schemaname = 'public' order by 1")
        return {t: self.fila(f"select md5(string_agg(x::text, '' order by x::text)) from {t} x")[0][0] for (t,) in tables}

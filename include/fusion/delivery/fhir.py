"""Push of one tenant ("Push Automático") as the loop's work: unsynced observations → queue → EHR, until nothing is due.

A refused record, or one without tries left, becomes a dead letter (``erro``). An outage ends the run after the current batch; the rest stays
pending. A server that fails (500) for one record but takes others has no outage. Refused credentials are no record's fault: no dead letter.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from include.fusion.delivery.hold import Hold
from include.fusion.delivery.loop import Delivery
from include.fusion.delivery.result import check_share
from include.fusion.delivery.work import DeliveryParameters, Work
from include.fusion.errors import InvalidRecord, OwnershipLost, reason_of
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.http.errors import FhirUnauthorized, FhirUnavailable, reason_of_end, server_is_down
from include.fusion.fhir.platform.repository import Repository, SyncCounts
from include.fusion.fhir.platform.tables import fila_for
from include.fusion.fhir.push.bundle import BundleSender, Item
from include.fusion.fhir.push.patients import EhrPatients
from include.fusion.store.filas import FilaItem, Outcome

PAGE = 5000
SHARE_MAX = 0.9
STALL_MIN = 3600.0
"""Seconds. A FHIR server may ask for minutes before each of several further tries."""
ABSENT = "observação apagada na plataforma"
OTHER_TENANTS = InvalidRecord("patientId", "o paciente da observação não é deste tenant")


@dataclass
class FhirPushResult:
    """Counts of one push. ``motivos``: reasons of the dead letters."""

    enviados: int = 0
    inalterados: int = 0
    falhas: int = 0
    motivos: Counter[str] = field(default_factory=Counter)

    def check(self, share_max: float, minimum: int) -> None:
        advice = "Corrija a causa e reenvie: as recusadas estão na fila com situação erro."
        total = self.enviados + self.falhas
        check_share(self.falhas, total, share_max, minimum, "observações recusadas", advice, self.motivos)


@dataclass
class Batch:
    """Observations to send, and outcomes of those that need not be sent."""

    items: list[Item]
    ready: list[Outcome]
    hold: Hold

    def __len__(self) -> int:
        return len(self.items) + len(self.ready)


class FhirPush(Work[Batch, FhirPushResult]):
    """One run for one tenant. ``stop`` is asked between batches. ``latencia``: ms from last edit to sent, sum over ``medidos`` records."""

    def __init__(self, engine: Engine, client: FhirClient, owner: str, *, stop: Callable[[], bool] = lambda: False) -> None:
        self.fila = fila_for(engine, client.tenant_id)
        batch = client.config.metadata.bundle_size * client.config.metadata.concurrency
        p = DeliveryParameters(
            lote=batch, max_per_cycle=sys.maxsize, permanencia=0, parcela_erro_max=SHARE_MAX, stop_at_share=True, stall_min=STALL_MIN
        )
        super().__init__([self.fila], owner, p, client, FhirPushResult())
        self.engine = engine
        self.repository = Repository(engine, client.tenant_id)
        self.sender = BundleSender(client, EhrPatients(self.repository, client))
        self.stop = stop
        self.only: Sequence[str] | None = None
        self.latencia = self.medidos = 0
        self._lock = threading.Lock()

    async def run(self, observations: Sequence[str] | None = None) -> FhirPushResult:
        """Send what is due, or only ``observations`` (ids; also dead letters).

        Raises :class:`FhirUnavailable`, :class:`FhirUnauthorized` or :class:`TooManyErrors` after outcomes are written.
        """
        start, end, self.only = time.monotonic(), None, observations
        try:
            if observations is not None:
                await asyncio.to_thread(self._enqueue, [FilaItem(o) for o in observations])
            return await Delivery(self, stop=self.stop).drain()
        except BaseException as error:
            end = reason_of_end(error)
            raise
        finally:
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(self._conclude, end, round((time.monotonic() - start) * 1000))

    def _conclude(self, error: str | None, ms: int) -> None:
        r = self.result
        counts = SyncCounts(enviados=r.enviados, falhas=r.falhas, duracao=ms, latencia=self.latencia, medidos=self.medidos)
        self.repository.conclude("push", error, counts)

    def _enqueue(self, items: Sequence[FilaItem]) -> None:
        with self.engine.begin() as con:
            self.fila.enqueue(con, items)

    def prepare(self, count: int) -> Batch | None:
        records, hold = self.reserve(self.fila, count, keys=self.only)
        if not records and self.only is None:
            # The queue is empty: ask the platform for more.
            with self.engine.connect() as con:
                new = self.repository.novas(con, PAGE)
            if new:
                self._enqueue(new)
                records, hold = self.reserve(self.fila, count)
        if not records:
            return None
        observations = self.repository.observacoes([r.chave for r in records])
        batch = Batch([], [], hold)
        for record in records:
            local = observations.get(record.chave)
            if local is None:
                batch.ready.append(Outcome(record, "descartado", ABSENT))
            elif local.synchronised:
                batch.ready.append(Outcome(record, "concluido", "já sincronizada", versao=local.marca))
            else:
                batch.items.append(Item(record, local, hold, failure=None if local.has_paciente else OTHER_TENANTS))
        return batch

    async def send(self, batch: Batch) -> None:
        await self.sender.send([i for i in batch.items if i.failure is None])

    def write(self, batch: Batch) -> None:
        """Write platform and queue in one transaction."""
        passed = any(item.sent is not None for item in batch.items)
        records = [outcome.record for outcome in batch.ready] + [item.record for item in batch.items]
        with self.engine.begin() as con:
            mine = self.fila.still_mine(con, self.owner, [r.id for r in records])
            times = self._write_sent(con, [i for i in batch.items if i.sent is not None and i.record.id in mine])
            with self._lock:  # Two batches may be written at once.
                self.result.inalterados += len(batch.ready)
                self.latencia += sum(times)
                self.medidos += len(times)
                outcomes = batch.ready + [self._outcome(item, passed) for item in batch.items]
            self.fila.record(con, self.owner, outcomes)

    def _write_sent(self, con: Connection, items: list[Item]) -> list[int]:
        try:
            with con.begin_nested():
                return self.repository.write_sent(con, [i.sent for i in items if i.sent is not None])
        except (DataError, IntegrityError, ValueError, orjson.JSONEncodeError):
            return [ms for item in items for ms in self._write_one(con, item)]

    def _write_one(self, con: Connection, item: Item) -> list[int]:
        assert item.sent is not None
        # The database may refuse the EHR's text (a NUL in it): without that text, the resource is read again before the next change.
        for sent in (item.sent, item.sent._replace(versao=None, recurso=None)):
            try:
                with con.begin_nested():
                    return self.repository.write_sent(con, [sent])
            except IntegrityError:
                break
            except (DataError, ValueError, orjson.JSONEncodeError):
                continue
        item.sent, item.failure = None, InvalidRecord("fhirResourceId", "o servidor FHIR deu o id de outra observação")
        return []

    def _outcome(self, item: Item, passed: bool) -> Outcome:
        """``passed``: another record of the same batch was sent."""
        if item.sent is not None:
            self.result.enviados += 1
            return Outcome(item.record, "concluido", versao=item.local.marca)
        failure = item.failure or FhirUnavailable(0, "Observation")
        if server_is_down(failure) or (isinstance(failure, FhirUnavailable) and not passed):
            self.down = failure
        if isinstance(failure, FhirUnauthorized | OwnershipLost):
            return Outcome(item.record, "devolvido")
        self.result.falhas += 1
        reason = reason_of(failure)
        self.result.motivos[reason] += 1
        return Outcome(item.record, "erro", reason, versao=item.local.marca)

    def has_ready(self) -> bool:
        """Always ``False``: the platform's watcher sees whatever comes after this run's last look."""
        return False

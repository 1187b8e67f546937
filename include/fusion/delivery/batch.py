"""JSON and HL7 records as the loop's work: a batch is reserved, read, mapped, compared with the ledger, sent, and written in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, Engine

from include.fusion.delivery.hold import Hold
from include.fusion.delivery.outage import OUTAGE
from include.fusion.delivery.result import DeliveryResult
from include.fusion.delivery.route import Route
from include.fusion.delivery.sender import Outgoing, Sender
from include.fusion.delivery.weight import Scale
from include.fusion.delivery.work import Work
from include.fusion.errors import reason_of
from include.fusion.model.content import package
from include.fusion.reading.reader import ABSENT, ReadResult, Ready
from include.fusion.store.filas import FilaItem, FilaRow, Operation, Outcome
from include.fusion.store.ledger import DELETION, SEND, LedgerEntry

DELETED = "excluído na origem antes desta entrega; o cancelamento está na fila"
NOBODY = "0"
"""Key of a record that no system has: to read it does no harm."""


@dataclass
class Batch:
    """Records of one queue, reserved together: their number, and those that must be sent."""

    route: Route
    reserved: int
    outgoings: list[Outgoing]
    hold: Hold

    def __len__(self) -> int:
        return self.reserved


class Batches(Work[Batch, DeliveryResult]):
    """Takes batches from several queues in turn."""

    def __init__(self, fusion: Engine, routes: Sequence[Route], sender: Sender, owner: str) -> None:
        super().__init__([route.fila for route in routes], owner, sender.p, sender.client, DeliveryResult())
        self.fusion = fusion
        self.routes = routes
        self.sender = sender
        self._turn = 0
        self._scale = Scale(self.p.bytes_max)
        self._may_have_erred = True
        self._lock = threading.Lock()

    def prepare(self, count: int) -> Batch | None:
        for _ in self.routes:
            route = self.routes[self._turn % len(self.routes)]
            # In turn: a queue that never gets empty must not block the others.
            self._turn += 1
            records, hold = self.reserve(route.fila, min(count, self._scale.fits))
            if records:
                return Batch(route, len(records), self._read(route, records, hold), hold)
        return None

    def _read(self, route: Route, records: Sequence[FilaRow], hold: Hold) -> list[Outgoing]:
        results = route.read([r for r in records if r.operacao != DELETION and not self.interrompido(r)])
        vanished = [key for key, result in results.items() if result is None]
        with self.fusion.begin() as con:
            deleted = route.fila.deleted(con, vanished) if vanished else set()
            deliveries = route.ledger.read(con, [r.chave for r in records])
            weights: list[int] = []
            outgoings = [self._build(route, r, results.get(r.chave), deliveries.get(r.chave), weights) for r in records]
            for outgoing in outgoings:
                if outgoing.outcome is not None and outgoing.outcome.motivo == ABSENT and outgoing.record.chave in deleted:
                    outgoing.outcome = Outcome(outgoing.record, "descartado", motivo=DELETED)
            to_send = [outgoing for outgoing in outgoings if outgoing.outcome is None]
            # A record that need not be sent ends here: it must not block its patient while the others are sent.
            route.fila.record(con, self.owner, [outgoing.outcome for outgoing in outgoings if outgoing.outcome is not None])
            # Before anything is sent: after a crash, the ledger tells what Fusion may have.
            numbers = route.ledger.announce(con, [(outgoing.record.chave, outgoing.versao) for outgoing in to_send])
        self._scale.weighed(weights)
        self._tally(outgoings)
        for outgoing in to_send:
            outgoing.hold, outgoing.sequence = hold, numbers[outgoing.record.chave]
            outgoing.harmless = route.destination.cancel(NOBODY)
            outgoing.chave = route.ledger.idempotency_key(outgoing.record.chave, outgoing.versao, outgoing.sequence)
        return to_send

    def _build(
        self, route: Route, record: FilaRow, result: ReadResult | Ready, delivery: LedgerEntry | None, weights: list[int]
    ) -> Outgoing:
        """``weights`` gets the bytes of the record's content."""
        if reason := self.interrompido(record):
            return Outgoing(record, Outcome(record, "erro", motivo=reason))
        if record.operacao == DELETION or (result is None and route.cancel_absent):
            if delivery is None or delivery.cancelled:
                return Outgoing(record, Outcome(record, "concluido", motivo="nada a cancelar no Fusion"))
            return Outgoing(record, versao=DELETION, path=route.destination.cancel(record.chave), metodo="DELETE")
        if result is None:
            return Outgoing(record, Outcome(record, "erro", motivo=ABSENT))
        if isinstance(result, Exception):
            return Outgoing(record, Outcome(record, "erro", motivo=reason_of(result)))
        if isinstance(result, Ready):
            weights.append(len(result.data))
            return Outgoing(record, data=result.data, versao=result.versao, path=route.destination.path)
        text, version = package(result)
        weights.append(len(text))
        if delivery is not None and delivery.has(version) and not route.always:
            return Outgoing(record, Outcome(record, "concluido", motivo="conteúdo inalterado", versao=version))
        data = orjson.dumps(route.destination.wrap(orjson.Fragment(text)))
        return Outgoing(record, data=data, versao=version, path=route.destination.path)

    def write(self, batch: Batch) -> None:
        fila, ledger = batch.route.fila, batch.route.ledger
        outcomes = [outgoing.outcome for outgoing in batch.outgoings if outgoing.outcome is not None]
        with self.fusion.begin() as con:
            written = fila.still_mine(con, self.owner, [outcome.record.id for outcome in outcomes])
            fila.record(con, self.owner, outcomes)
            mine = [outgoing for outgoing in batch.outgoings if outgoing.chave and outgoing.record.id in written]
            confirmed = [outgoing for outgoing in mine if outgoing.outcome is not None and outgoing.outcome.situacao == "concluido"]
            operations = {"DELETE": DELETION, "POST": SEND}
            ledger.write(con, [(o.record.chave, o.versao, operations[o.metodo]) for o in confirmed])
            ledger.withdraw(con, [o.record.chave for o in mine if o.refused])
            ledger.doubt(con, [o.record.chave for o in mine if o.overtaken])
            taken = [o for o in batch.outgoings if o.outcome is not None and o.record.id not in written]
            batch.hold.lost = batch.hold.lost or bool(taken)
            self._send_again(con, batch.route, [o for o in taken if o.asked])
        self._tally(batch.outgoings)
        self._after_outage(bool(confirmed), any((o.motivo or "").startswith(OUTAGE) for o in outcomes))

    def _after_outage(self, got_through: bool, erred: bool) -> None:
        """What an outage put into ``erro``, in this task or in an earlier one, waits again as soon as something gets through."""
        with self._lock:
            due = got_through and self._may_have_erred
            self._may_have_erred = erred or (self._may_have_erred and not due)
        if due:
            again = sum(route.fila.reenviar_erros(reason_prefix=OUTAGE) for route in self.routes)
            with self._lock:
                self.result.reabertos += again

    @staticmethod
    def _send_again(con: Connection, route: Route, asked: Sequence[Outgoing]) -> None:
        """Others took these rows while a request of ours was on its way: whatever they sent, ours may have come after it.

        What the row of that record says now is done once more; a record without an open row is read at the source, or cancelled again. Not so
        where nothing else was announced since.
        """
        known = route.ledger.read(con, [o.record.chave for o in asked])
        records = [o.record for o in asked if not _was_last(o, known.get(o.record.chave))]
        keys = [record.chave for record in records]
        if not keys:
            return
        cancelled = {key for key, entry in known.items() if entry.operacao == DELETION}
        route.ledger.doubt(con, keys)
        operations: dict[str, Operation] = dict.fromkeys(keys, "alteracao")
        operations.update(dict.fromkeys(cancelled, DELETION))
        operations.update(route.fila.open_operations(con, keys))
        route.fila.enqueue(con, [FilaItem(r.chave, r.chave_paciente, operations[r.chave], r.prioridade) for r in records])

    async def send(self, batch: Batch) -> None:
        await self.sender.send(batch.outgoings)
        self.down = self.sender.down

    def found(self, new: int) -> None:
        self.result.enfileirados += new

    def _tally(self, outgoings: Sequence[Outgoing]) -> None:
        with self._lock:  # One batch is counted while the next is being read.
            for outgoing in outgoings:
                self.result.add(outgoing)


def _was_last(outgoing: Outgoing, known: LedgerEntry | None) -> bool:
    """Whether the ledger knows of nothing other that anybody announced for its record, so that it may come late or twice without harm."""
    if known is None or outgoing.outcome is None:
        return False
    if known.attempted is not None:
        # Whoever has the row now may announce something newer: ours must have arrived by now.
        return known.attempted == outgoing.versao and outgoing.outcome.situacao == "concluido"
    return known.cancelled if outgoing.versao == DELETION else known.has(outgoing.versao)

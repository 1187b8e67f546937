"""Sends one batch: patients in parallel over kept connections, the records of one patient one after another.

A transient failure is first tried again in place. 429 slows down all records. When nothing gets through, Fusion is asked for its health.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from include.fusion.delivery.hold import Hold
from include.fusion.delivery.work import DeliveryParameters
from include.fusion.errors import RECORD_UNKNOWN, SEQUENCE_OLD, FusionError, FusionUnauthorized, FusionUnavailable, reason_of
from include.fusion.http.backoff import wait_before
from include.fusion.store.filas import FilaRow, Outcome

ATTEMPTS_IN_PLACE = 3
"""Tries of one record inside one batch before it is deferred: a short failure must not cost a whole backoff."""
PAUSE_MAX = 60.0
"""Longest Retry-After (seconds) that a task waits for; a longer one releases the batch and fails the task."""


class Carrier(Protocol):
    """Carries a record to Fusion, by HTTP or HL7. Raises ``FusionError`` (a refusal) or ``FusionUnavailable``."""

    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...
    async def send(
        self, method: str, path: str, body: bytes | None = None, *, key: str | None = None, sequence: int | None = None
    ) -> dict[str, Any]: ...
    async def health(self) -> None: ...


@dataclass
class Outgoing:
    """One record: either it has an ``outcome``, or ``data`` must be sent (``None`` for a cancellation).

    ``chave``: idempotency key. ``sequence``: the ledger's number of this content. ``hold``: says whether the row is still ours.
    """

    record: FilaRow
    outcome: Outcome | None = None
    data: bytes | None = None
    versao: str = ""
    chave: str = ""
    sequence: int = 0
    hold: Hold | None = None
    path: str = ""
    metodo: str = "POST"
    refused: bool = False
    """Fusion refused it, so Fusion does not have this content."""
    asked: bool = False
    """A request left, so Fusion may have this content, now or later."""
    overtaken: bool = False
    """Fusion has a newer sequence number of this record."""
    forbidden: FusionUnauthorized | None = None
    """Fusion forbade it (403). If other records get through, the fault is the record's; if none does, the credentials'."""


def rows_by_paciente(outgoings: Iterable[Outgoing]) -> list[list[Outgoing]]:
    """Records to send, by patient and in order. The patient with most records comes first, so that it does not end alone."""
    by_paciente: dict[str, list[Outgoing]] = {}
    for outgoing in outgoings:
        if outgoing.outcome is None:
            record = outgoing.record
            by_paciente.setdefault(record.chave_paciente or f"\0{record.id}", []).append(outgoing)
    return sorted(by_paciente.values(), key=len, reverse=True)


class Sender:
    """Sends batches to one Fusion and remembers its health between them. ``down`` is set when it counts as down."""

    def __init__(self, client: Carrier, limits: DeliveryParameters) -> None:
        self.client = client
        self.p = limits
        self.down: FusionUnavailable | None = None
        self._paused_until = 0.0
        self._failures_in_a_row = 0
        self._one_batch = asyncio.Lock()

    async def send(self, batch: Sequence[Outgoing]) -> None:
        """Give every record of ``batch`` its outcome. One batch at a time."""
        pacientes = iter(rows_by_paciente(batch))

        async def send_in_turn() -> None:
            for outgoings in pacientes:
                await self._send_paciente(outgoings)

        async with self._one_batch:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.p.concorrencia):
                    group.create_task(send_in_turn())
            await self._judge(batch)

    async def _send_paciente(self, outgoings: Sequence[Outgoing]) -> None:
        behind = False
        for outgoing in outgoings:
            # When a record must wait, the later ones of its patient wait, too: no record overtakes another.
            outgoing.outcome = Outcome(outgoing.record, "devolvido") if behind else await self._send(outgoing)
            behind = outgoing.outcome.situacao in ("adiado", "devolvido")

    async def _judge(self, batch: Sequence[Outgoing]) -> None:
        """When no record got through, ask Fusion for its health: an outage must not use up the records' tries."""
        sent = [(outgoing, outgoing.outcome.situacao) for outgoing in batch if outgoing.chave and outgoing.outcome is not None]
        if self.down is not None or any(status == "concluido" for _, status in sent):
            return
        forbidden = [outgoing for outgoing, _ in sent if outgoing.forbidden is not None]
        if forbidden and not any(outgoing.refused for outgoing, _ in sent):
            self.down = forbidden[0].forbidden
            for outgoing in forbidden:
                outgoing.outcome = Outcome(outgoing.record, "devolvido")
        deferred = [outgoing for outgoing, status in sent if status == "adiado" and outgoing.forbidden is None]
        if not deferred:
            return
        try:
            await self.client.health()
        except FusionError:
            return  # It answered (it has no such route): it is up.
        except FusionUnavailable as error:
            self.down = error
            for outgoing in deferred:
                outgoing.outcome = Outcome(outgoing.record, "devolvido")

    async def _send(self, outgoing: Outgoing) -> Outcome:
        """Send one record, with tries in place. Failures of the record or of Fusion become its outcome."""
        record = outgoing.record
        for attempt in range(1, ATTEMPTS_IN_PLACE + 1):
            if self.down is not None:
                return Outcome(record, "devolvido")
            if (pause := self._paused_until - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            if outgoing.hold is not None and not await outgoing.hold.sure(record.id):
                return Outcome(record, "devolvido")  # Without effect: the row is not ours.
            outgoing.asked = True
            try:
                await self.client.send(outgoing.metodo, outgoing.path, outgoing.data, key=outgoing.chave, sequence=outgoing.sequence)
            except FusionError as error:
                self._failures_in_a_row = 0
                if outgoing.metodo == "DELETE" and error.kind == RECORD_UNKNOWN:
                    return Outcome(record, "concluido", versao=outgoing.versao)  # Nothing to cancel: it is as good as cancelled.
                if error.kind == SEQUENCE_OLD and record.tentativas + 1 < self.p.tentativas_max:
                    outgoing.overtaken = True  # By a send that our database has forgotten, or by another worker: read it again.
                    return Outcome(record, "adiado", motivo=reason_of(error))
                outgoing.refused = True
                return Outcome(record, "erro", motivo=reason_of(error))
            except FusionUnavailable as error:
                if self._is_down(error):
                    return Outcome(record, "devolvido")
                last = error
                if isinstance(error, FusionUnauthorized):
                    outgoing.forbidden = error
                    break
                if error.status != 429 and attempt < ATTEMPTS_IN_PLACE:
                    await asyncio.sleep(wait_before(attempt, first=0.2, longest=PAUSE_MAX, jitter=0.5))
            else:
                self._failures_in_a_row = 0
                return Outcome(record, "concluido", versao=outgoing.versao)
        if record.tentativas + 1 >= self.p.tentativas_max:
            return Outcome(record, "erro", motivo=f"{reason_of(last)} após {record.tentativas + 1} tentativas")
        wait = wait_before(record.tentativas, first=self.p.espera_inicial, longest=self.p.espera_max, jitter=0.2, asked=last.retry_after)
        return Outcome(record, "adiado", motivo=reason_of(last), espera=wait)

    def _is_down(self, error: FusionUnavailable) -> bool:
        """Handle a transient failure: 429 slows down all records; a round of failures without one success means that Fusion is down."""
        if error.status == 429:
            pause = min(error.retry_after if error.retry_after is not None else 1.0, PAUSE_MAX)
            self._paused_until = max(self._paused_until, time.monotonic() + pause)
            if error.retry_after is None or error.retry_after <= PAUSE_MAX:
                return False
        self._failures_in_a_row += 1
        limit = max(10, self.p.concorrencia * 2)
        no_access = isinstance(error, FusionUnauthorized) and not error.of_record
        if no_access or self._failures_in_a_row >= limit or (error.retry_after or 0.0) > PAUSE_MAX:
            self.down = self.down or error
        return self.down is not None

"""Sends one batch: patients in parallel over kept connections, the records of one patient one after another.

A transient failure is first tried again in place. 429 slows down all records. At the end of a batch, ``_judge`` says of those that failed whose
fault it was: a try counts only when it was the record's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from include.fusion.delivery.hold import Hold
from include.fusion.delivery.outage import FORBIDDEN_MAX, LITTLE, MANY, OUTAGE, Traffic
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
    async def prove(self, path: str) -> bool:
        """Whether Fusion took an authenticated read of ``path``; ``False`` when only its health says that it is well. Raises when it is not."""


@dataclass
class Outgoing:
    """One record: either it has an ``outcome``, or ``data`` must be sent (``None`` for a cancellation).

    ``chave``: idempotency key. ``sequence``: the ledger's number of this content. ``hold``: says whether the row is still ours. ``harmless``: a
    path of the same kind that may be read to learn whether Fusion is there.
    """

    record: FilaRow
    outcome: Outcome | None = None
    data: bytes | None = None
    versao: str = ""
    chave: str = ""
    sequence: int = 0
    hold: Hold | None = None
    path: str = ""
    harmless: str = ""
    metodo: str = "POST"
    refused: bool = False
    """Fusion refused it, so Fusion does not have this content."""
    asked: bool = False
    """A request left, so Fusion may have this content, now or later."""
    overtaken: bool = False
    """Fusion has a newer sequence number of this record."""
    failure: FusionUnavailable | None = None
    """How its last request failed, if Fusion neither took nor refused the record."""


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
        self._traffic = Traffic()
        self._bad_rounds = 0
        self._one_batch = asyncio.Lock()

    async def send(self, batch: Sequence[Outgoing]) -> None:
        """Give every record of ``batch`` its outcome. One batch at a time."""
        pacientes = iter(rows_by_paciente(batch))

        async def send_in_turn() -> None:
            for outgoings in pacientes:
                await self._send_paciente(outgoings)

        async with self._one_batch:
            self._failures_in_a_row = 0
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
        """Say of the records that failed whether the try counts: not when nothing or little gets through, for then the fault is Fusion's."""
        for outgoing in batch:
            if outgoing.asked:
                self._traffic.note(outgoing.record.id, outgoing.failure is None)
        failed = [outgoing for outgoing in batch if outgoing.failure is not None]
        if not failed or self.down is not None:
            self._wait(failed)
            return
        answered, silent = self._traffic.tally()
        if answered >= LITTLE * (answered + silent):
            self._bad_rounds = 0
            self._count(failed, forbidden_max=FORBIDDEN_MAX)
            return
        self._bad_rounds += 1
        # A 429 is nobody's fault, and says itself how long it lasts.
        suspect = [] if silent >= MANY else [outgoing for outgoing in failed if outgoing.failure and outgoing.failure.status != 429]
        if silent >= MANY and not answered:
            self.down = failed[0].failure
        forbidden_max = await self._prove(suspect) if suspect else None
        self._wait([outgoing for outgoing in failed if outgoing not in suspect or self.down is not None])
        if self.down is None:
            self._count(suspect, forbidden_max=forbidden_max, alone=not answered)

    async def _prove(self, suspect: Sequence[Outgoing]) -> int | None:
        """Whether Fusion is there for anything else than these few records; ``down`` when not. Returns how often a 403 is worth a try."""
        try:
            proven = await self.client.prove(suspect[0].harmless)
        except FusionUnavailable as error:
            self.down = error
            return None
        if not proven and len(suspect) > 1 and isinstance(suspect[0].failure, FusionUnauthorized):
            self.down = suspect[0].failure  # All are forbidden, and nothing speaks for the credentials.
        return FORBIDDEN_MAX if proven else None

    def _wait(self, outgoings: Sequence[Outgoing]) -> None:
        """Released: the tries do not count. With Fusion down, the next try of the task takes them at once."""
        p = self.p
        for outgoing in outgoings:
            asked = outgoing.failure.retry_after if outgoing.failure else None
            wait = wait_before(max(0, self._bad_rounds - 1), first=p.espera_inicial, longest=p.espera_max, jitter=0.2, asked=asked)
            outgoing.outcome = Outcome(outgoing.record, "devolvido", espera=None if self.down is not None else wait)

    def _count(self, outgoings: Sequence[Outgoing], *, forbidden_max: int | None, alone: bool = False) -> None:
        """The tries count. ``alone``: nothing else got through, so the last one ends in an ``erro`` that the end of an outage opens again."""
        p = self.p
        for outgoing in outgoings:
            record, error = outgoing.record, outgoing.failure
            assert error is not None
            forbidden = forbidden_max is not None and isinstance(error, FusionUnauthorized)
            if record.tentativas + 1 >= (min(forbidden_max or 0, p.tentativas_max) if forbidden else p.tentativas_max):
                reason = f"{reason_of(error)} após {record.tentativas + 1} tentativas"
                outgoing.outcome = Outcome(record, "erro", motivo=f"{OUTAGE}: {reason}" if alone else reason)
                continue
            wait = wait_before(record.tentativas, first=p.espera_inicial, longest=p.espera_max, jitter=0.2, asked=error.retry_after)
            outgoing.outcome = Outcome(record, "adiado", motivo=reason_of(error), espera=wait)

    async def _send(self, outgoing: Outgoing) -> Outcome:
        """Send one record, with tries in place. What fails is released until :meth:`_judge` knows better."""
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
                self._failures_in_a_row, outgoing.failure = 0, None
                if outgoing.metodo == "DELETE" and error.kind == RECORD_UNKNOWN:
                    return Outcome(record, "concluido", versao=outgoing.versao)  # Nothing to cancel: it is as good as cancelled.
                if error.kind == SEQUENCE_OLD and record.tentativas + 1 < self.p.tentativas_max:
                    outgoing.overtaken = True  # By a send that our database has forgotten, or by another worker: read it again.
                    return Outcome(record, "adiado", motivo=reason_of(error))
                outgoing.refused = True
                return Outcome(record, "erro", motivo=reason_of(error))
            except FusionUnavailable as error:
                outgoing.failure = error
                if self._is_down(error) or isinstance(error, FusionUnauthorized):
                    break
                if error.status != 429 and attempt < ATTEMPTS_IN_PLACE:
                    await asyncio.sleep(wait_before(attempt, first=0.2, longest=PAUSE_MAX, jitter=0.5))
            else:
                self._failures_in_a_row, outgoing.failure = 0, None
                return Outcome(record, "concluido", versao=outgoing.versao)
        return Outcome(record, "devolvido")

    def _is_down(self, error: FusionUnavailable) -> bool:
        """Handle a transient failure: 429 slows down all records; a round of failures without one success means that Fusion is down."""
        if error.status == 429:
            pause = min(error.retry_after if error.retry_after is not None else 1.0, PAUSE_MAX)
            self._paused_until = max(self._paused_until, time.monotonic() + pause)
            if error.retry_after is None or error.retry_after <= PAUSE_MAX:
                return False
        self._failures_in_a_row += 1
        limit = max(MANY * ATTEMPTS_IN_PLACE, self.p.concorrencia * 2)
        no_access = isinstance(error, FusionUnauthorized) and not error.of_record
        if no_access or self._failures_in_a_row >= limit or (error.retry_after or 0.0) > PAUSE_MAX:
            self.down = self.down or error
        return self.down is not None

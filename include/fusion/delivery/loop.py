"""The delivery loop: reserve a batch, read and map it, send it, write its outcomes; linger, renew leases, release, look again.

While one batch is sent, the next is read or the one before is written: with two lanes, at most two batches are in memory. The work
(``work.py``) decides what a batch is: JSON and HL7 records (``batch.py``), FHIR observations (``fhir.py``), or a system's own.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from typing import Any, Generic

import uvloop
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.delivery.work import R, Work
from include.fusion.errors import OwnershipLost
from include.fusion.store.presence import VALIDITY

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Delivery(Generic[R]):
    """Drains the queues of ``batches``. One instance serves one run of one task.

    ``refill(last)`` looks for new work on an empty queue and returns how many rows it queued. ``presence(on_duty)`` tells the watcher whether
    somebody is on duty. While ``paused`` is true, no batch starts; when ``stop`` is true, the loop ends before the next batch.
    """

    batches: Work[Any, R]
    _: KW_ONLY
    refill: Callable[[bool], int] | None = None
    presence: Callable[[bool], None] | None = None
    paused: Callable[[], bool] | None = None
    stop: Callable[[], bool] | None = None
    progress: Callable[[R], None] | None = None

    def __post_init__(self) -> None:
        self.p = self.batches.p
        self._on_duty = True
        self._stopped = False
        self._turn = asyncio.Lock()
        self._preparation: asyncio.Future[Any] | None = None
        self._start = self._cycle_start = 0.0
        self._in_cycle = 0
        self._moved_at = time.monotonic()
        self._stalled = False

    @property
    def result(self) -> R:
        return self.batches.result

    def run(self) -> R:
        """:meth:`drain` on its own event loop."""
        # Modules and settings stay until the process ends: the garbage collector need not look at them again.
        gc.freeze()
        try:
            return uvloop.run(self.drain())
        finally:
            gc.unfreeze()

    async def drain(self) -> R:
        """Deliver until the queues are empty and stay empty for ``permanencia``.

        Releases reserved rows, then raises: the work's ``down`` when the receiver is down, ``TooManyErrors`` when more than
        ``parcela_erro_max`` was refused, and errors of a database that is down.
        """
        renewal = asyncio.create_task(self._renew())
        try:
            async with self.batches.client:
                await self._drain()
        finally:
            renewal.cancel()
            if self._preparation is not None:
                with suppress(Exception):
                    await self._preparation
            with suppress(SQLAlchemyError):  # If the database is down, the lease ends by itself.
                await asyncio.to_thread(self.batches.release)
                if self.presence is not None:
                    await asyncio.to_thread(self.presence, False)
        self.result.check(self.p.parcela_erro_max, self.p.minimo_para_parcela)
        return self.result

    async def _drain(self) -> None:
        self._start = self._cycle_start = time.monotonic()
        empty_since = None
        while not self._stopped:
            # The first batch goes alone: if the receiver is down, only that batch is affected.
            if await self._step():
                lanes = await asyncio.gather(*(self._lane() for _ in range(self.p.lanes)), return_exceptions=True)
                if failures := [f for f in lanes if f is not None]:
                    raise failures[0]
                empty_since = None
                if self._over():
                    return
            # The queues are empty: each lane looked again after its last write.
            now = time.monotonic()
            self._cycle_start, self._in_cycle = now, 0
            empty_since = empty_since or now
            if self._stopped or not await self._wait_more(now - empty_since, now - self._start):
                return

    def _over(self) -> bool:
        return time.monotonic() - self._start >= self.p.duration_max

    async def _lane(self) -> None:
        try:
            while not self._over() and await self._step():
                pass
        except BaseException:
            self._stopped = True
            raise

    async def _step(self) -> bool:
        """Take one batch from its reservation to its outcomes; ``False`` when there was none."""
        batch = await self._next()
        if batch is None:
            return False
        await self.batches.send(batch)
        self._moved()
        await asyncio.to_thread(self.batches.write, batch)
        self._moved()
        self.batches.let_go(batch)
        if batch.hold.lost:
            raise OwnershipLost
        if self.progress is not None:
            self.progress(self.result)
        if self.batches.down is not None:
            raise self.batches.down
        if self.p.stop_at_share:
            self.result.check(self.p.parcela_erro_max, self.p.minimo_para_parcela)
        return True

    async def _next(self) -> Any:
        """The next batch, when nothing pauses; ``None`` when there is none or it is time to stop."""
        async with self._turn:
            if self._in_cycle >= self.p.max_per_cycle:
                # Like the old services: at most MaxRecords per cycle. A site lowers it to spare Fusion.
                await asyncio.sleep(max(0.0, self._cycle_start + self.p.cycle_interval - time.monotonic()))
                self._cycle_start, self._in_cycle = time.monotonic(), 0
            while not self._stopped:
                if self.paused is None or not await asyncio.to_thread(self.paused):
                    break
                await asyncio.sleep(1.0)
                self._moved()
            if self.stop is not None and await asyncio.to_thread(self.stop):
                self._stopped = True
            if self._stopped:
                return None
            count = max(1, min(self.p.lote, self.p.max_per_cycle - self._in_cycle))
            self._moved()
            # Shielded: a thread cannot be cancelled, and the rows that it reserves must be released after it.
            self._preparation = asyncio.ensure_future(asyncio.to_thread(self.batches.prepare, count))
            batch = await asyncio.shield(self._preparation)
            self._preparation = None
            self._moved()
            self._in_cycle += len(batch or ())
            return batch

    async def _wait_more(self, empty_for: float, total: float) -> bool:
        """On an empty queue: look at the source again; ``False`` when it is time to end."""
        end = empty_for >= self.p.permanencia or total >= self.p.linger_max
        if end and self.p.until_empty and await asyncio.to_thread(self.batches.has_open):
            if self.progress is not None:
                self.progress(self.result)
            end = False
        if not end:
            await asyncio.sleep(self.p.intervalo_vigia)
        elif self.presence is not None:
            # First off duty, then one last look: so either this look or the watcher sees a change.
            self._on_duty = False
            await asyncio.to_thread(self.presence, False)
        new = 0 if self.refill is None else await asyncio.to_thread(self.refill, end)
        self.batches.found(new)
        found_any = new > 0 or (end and await asyncio.to_thread(self.batches.has_ready))
        if found_any and end and total < self.p.linger_max:
            self._on_duty = True
            return True
        return not end

    async def _renew(self) -> None:
        """Renew the leases, and the presence that tells the watcher that somebody is on duty."""
        next_one = time.monotonic() + self.p.prazo_reserva / 6
        while True:
            with suppress(SQLAlchemyError):  # If the database is down, the next important statement fails.
                if self.presence is not None and self._on_duty:
                    await asyncio.to_thread(self.presence, True)
                if time.monotonic() >= next_one:
                    next_one = time.monotonic() + self.p.prazo_reserva / 6
                    if self._moves():
                        await asyncio.to_thread(self.batches.renew)
            await asyncio.sleep(VALIDITY / 3)

    def _moved(self) -> None:
        self._moved_at = time.monotonic()

    def _moves(self) -> bool:
        """Whether a step ended, a request left or somebody waited on purpose of late. Rows of a loop that hangs must be free for others."""
        still = time.monotonic() - max(self._moved_at, self.batches.moved_at)
        stalled = still > max(self.p.stall_leases * self.p.prazo_reserva, self.p.stall_min)
        if stalled and not self._stalled:
            log.warning(
                "Entrega sem avanço há %.0f s: as reservas não são mais renovadas, e outra execução pode assumir os registros", still
            )
        self._stalled = stalled
        return not stalled

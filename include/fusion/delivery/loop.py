"""The delivery loop: reserve a batch, read and map it, send it, write every outcome in one transaction; linger, renew, release, look again.

While one batch travels the next is read, or the one before written: at most two batches are in memory. What a batch is, is the work's affair
(``work.py``): JSON and HL7 records (``batch.py``), FHIR observations (``fhir.py``), messages to be made (a system's own).
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic

import uvloop
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.delivery.work import R, Work
from include.fusion.store.presence import VALIDITY


class Delivery(Generic[R]):
    """Drains the queues of ``batches``. One instance serves one run of one task.

    ``refill(last)`` looks for new work on an empty queue; how much it queued. ``presence(present)`` tells the watcher that somebody is at
    work. ``paused`` holds back the next batch while it says so; ``stop`` ends the loop before it.
    """

    def __init__(
        self,
        batches: Work[Any, R],
        *,
        refill: Callable[[bool], int] | None = None,
        presence: Callable[[bool], None] | None = None,
        paused: Callable[[], bool] | None = None,
        stop: Callable[[], bool] | None = None,
        progress: Callable[[R], None] | None = None,
    ) -> None:
        self.batches = batches
        self.p = batches.p
        self.refill = refill
        self.presence = presence
        self.paused = paused
        self.stop = stop
        self.progress = progress
        self._on_duty = True
        self._stopped = False
        self._turn = asyncio.Lock()
        self._preparation: asyncio.Future[Any] | None = None
        self._start = self._cycle_start = 0.0
        self._in_cycle = 0

    @property
    def result(self) -> R:
        return self.batches.result

    def run(self) -> R:
        """:meth:`drain` on an event loop of its own."""
        # Modules and settings live as long as the process: no collection need look at them again while records come and go.
        gc.freeze()
        try:
            return uvloop.run(self.drain())
        finally:
            gc.unfreeze()

    async def drain(self) -> R:
        """Deliver until the queues are empty (and stay so for ``permanencia``).

        Raises what the work calls its receiver's outage after releasing what was reserved, ``TooManyErrors`` when more than
        ``parcela_erro_max`` was refused, and whatever a database that is down raises.
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
            with suppress(SQLAlchemyError):  # Should the database be the one that is down, the lease gives the rows back.
                await asyncio.to_thread(self.batches.release)
                if self.presence is not None:
                    await asyncio.to_thread(self.presence, False)
        self._check()
        return self.result

    async def _drain(self) -> None:
        self._start = self._cycle_start = time.monotonic()
        empty_since = None
        while not self._stopped:
            # The first batch goes alone: should the receiver be down, no more than that batch finds out.
            if await self._step():
                lanes = await asyncio.gather(*(self._lane() for _ in range(self.p.lanes)), return_exceptions=True)
                if failures := [f for f in lanes if f is not None]:
                    raise failures[0]
                empty_since = None
                if self._over():
                    return
            # Nothing more: each lane's last look came after what it wrote.
            now = time.monotonic()
            self._cycle_start, self._in_cycle = now, 0
            empty_since = empty_since or now
            if self._stopped or not await self._wait_more(now - empty_since, now - self._start):
                return

    def _over(self) -> bool:
        return time.monotonic() - self._start >= self.p.duration_max

    def _check(self) -> None:
        self.result.check(self.p.parcela_erro_max, self.p.minimo_para_parcela)

    # -- batches ---------------------------------------------------------------------------------------------------------------------

    async def _lane(self) -> None:
        try:
            while not self._over() and await self._step():
                pass
        except BaseException:
            self._stopped = True
            raise

    async def _step(self) -> bool:
        """One batch from its reservation to its outcomes; ``False`` when there was none."""
        batch = await self._next()
        if batch is None:
            return False
        await self.batches.send(batch)
        await asyncio.to_thread(self.batches.write, batch)
        if self.progress is not None:
            self.progress(self.result)
        if self.batches.down is not None:
            raise self.batches.down
        if self.p.stop_at_share:
            self._check()
        return True

    async def _next(self) -> Any:
        """The next batch, once nothing holds deliveries back; ``None`` when there is none or it is time to stop."""
        async with self._turn:
            if self._in_cycle >= self.p.max_per_cycle:
                # The old services took MaxRecords per cycle; a site that lowered it meant to spare Fusion.
                await asyncio.sleep(max(0.0, self._cycle_start + self.p.cycle_interval - time.monotonic()))
                self._cycle_start, self._in_cycle = time.monotonic(), 0
            while not self._stopped and await self._on_hold():
                pass
            if self.stop is not None and await asyncio.to_thread(self.stop):
                self._stopped = True
            if self._stopped:
                return None
            count = max(1, min(self.p.lote, self.p.max_per_cycle - self._in_cycle))
            # Shielded: a thread cannot be called back, and what it reserves has to be released after it.
            self._preparation = asyncio.ensure_future(asyncio.to_thread(self.batches.prepare, count))
            batch = await asyncio.shield(self._preparation)
            self._preparation = None
            self._in_cycle += len(batch or ())
            return batch

    async def _on_hold(self) -> bool:
        if self.paused is None or not await asyncio.to_thread(self.paused):
            return False
        await asyncio.sleep(1.0)
        return True

    # -- waiting ---------------------------------------------------------------------------------------------------------------------

    async def _wait_more(self, empty_for: float, total: float) -> bool:
        """On an empty queue: look at the source again for a while; ``False`` when it is time to end."""
        end = empty_for >= self.p.permanencia or total >= self.p.linger_max
        if end and self.p.until_empty and await asyncio.to_thread(self.batches.has_open):
            if self.progress is not None:
                self.progress(self.result)
            end = False
        if not end:
            await asyncio.sleep(self.p.intervalo_vigia)
        elif self.presence is not None:
            # Off duty first, then one last look: a change is seen either here or by the watcher, never by neither.
            self._on_duty = False
            await asyncio.to_thread(self.presence, False)
        found_any = await self._refill(end) > 0 or (end and await asyncio.to_thread(self.batches.has_ready))
        if found_any and end and total < self.p.linger_max:
            self._on_duty = True
            return True
        return not end

    async def _refill(self, last: bool) -> int:
        if self.refill is None:
            return 0
        new = await asyncio.to_thread(self.refill, last)
        self.batches.found(new)
        return new

    async def _renew(self) -> None:
        """Keep the lease of what is reserved, and the sign by which the watcher knows that somebody is at work."""
        next_one = time.monotonic() + self.p.prazo_reserva / 3
        while True:
            with suppress(SQLAlchemyError):  # A database that is away is noticed by the next statement that matters.
                if self.presence is not None and self._on_duty:
                    await asyncio.to_thread(self.presence, True)
                if time.monotonic() >= next_one:
                    next_one = time.monotonic() + self.p.prazo_reserva / 3
                    await asyncio.to_thread(self.batches.renew)
            await asyncio.sleep(VALIDITY / 3)

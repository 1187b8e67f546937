"""Ownership of reserved rows at the moment of sending: a lease that ran out unnoticed must never let old content leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

_LOOK = 0.2


class Hold:
    """The rows of one reservation, and until when each is surely ours (monotonic seconds of this process).

    Both ends are on the safe side: the time is taken before the database is asked, and no request leaves in the second half of a lease,
    so that its own time-out ends before the lease does. A process that was stopped finds its rows gone by this clock alone.
    """

    def __init__(self, ids: Iterable[int], since: float, lease: float) -> None:
        self._lease = lease
        self.moved_at = since
        """When a request last left (monotonic seconds)."""
        self._until = dict.fromkeys(ids, since + lease)
        self.lost = False
        """A row was found to be no longer ours."""

    def renewed(self, held: set[int], since: float) -> None:
        """The lease of ``held`` was renewed at ``since``; every other row of this hold is someone else's."""
        self._until = {row: since + self._lease if row in held else 0.0 for row in self._until}

    async def sure(self, row: int) -> bool:
        """Whether a request for this row may leave now. Waits while a renewal is late; ``False`` once the lease is over."""
        while (left := self._until[row] - time.monotonic()) > 0:
            if left > self._lease / 2:
                self.moved_at = time.monotonic()
                return True
            await asyncio.sleep(min(_LOOK, left))
        self.lost = True
        return False

"""The loop of every watcher.

An event is a wake-up, not a message: Airflow may merge, repeat or drop it, and nothing is lost, because the run reads the queue and the
source's markers itself. While a run is at work nothing fires: it will look once more before it ends.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

ERROR_WAIT_MAX = 30.0
QUESTION_MAX = 30.0
"""Seconds that one question of a watcher may take."""
REMIND_MAX = 300.0


class WatchTrigger(BaseEventTrigger):
    """Looks every ``every`` seconds and speaks when there is work, and again while it remains.

    ``remind``: quiet seconds before the same work is announced again; doubles up to five minutes, since work that stays means a run that
    fails or waits.
    """

    def __init__(self, subject: str, every: float, remind: float) -> None:
        super().__init__()
        self.subject = subject
        self.every = every
        self.remind = remind

    @abstractmethod
    async def look(self) -> dict[str, Any] | None:
        """What to say of the work that waits; ``None`` where none does, or somebody is at it."""

    @abstractmethod
    def drop(self) -> None:
        """Give back what was opened: the next look begins anew, with the connections as they are then."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        wait, spoken, quiet = self.every, float("-inf"), self.remind
        while True:
            try:
                said = await self.look()
                wait = self.every
            except Exception as error:  # A watcher must outlive any outage.
                wait = min(ERROR_WAIT_MAX, max(1.0, wait * 2))
                self.log.warning("Vigia de %s: %s; nova tentativa em %.0f s", self.subject, _describe(error), wait)
                self.drop()
                said = None
            now = time.monotonic()
            if said is None:
                spoken, quiet = float("-inf"), self.remind
            elif now - spoken >= quiet:
                quiet = min(REMIND_MAX, quiet * 2) if spoken > 0 else self.remind
                spoken = now
                yield TriggerEvent(said)
            await asyncio.sleep(wait)

    async def cleanup(self) -> None:
        """Airflow ends or replaces this watcher."""
        self.drop()


def _describe(error: Exception) -> str:
    """What went wrong, for the log: text only of errors that cannot quote a record."""
    from sqlalchemy.exc import OperationalError

    from include.fusion.wiring.names import FusionHubError

    tellable = isinstance(error, (OperationalError, FusionHubError, ImportError))
    return f"{type(error).__name__}: {str(error).splitlines()[0][:300]}" if tellable and str(error) else type(error).__name__

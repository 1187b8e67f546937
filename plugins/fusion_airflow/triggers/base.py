"""The loop of every watcher.

An event only wakes a DAG up: Airflow may merge, repeat or drop it, because the run itself reads the queue and the source's markers. While a
run is on duty there is no event: the run looks once more before it ends.
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
"""Seconds for one question of a watcher."""
REMIND_MAX = 300.0


class WatchTrigger(BaseEventTrigger):
    """Looks every ``every`` seconds and fires when there is work.

    ``remind``: seconds before it re-announces the same work. They double up to five minutes: work that stays means that the run fails or
    waits.
    """

    def __init__(self, subject: str, every: float, remind: float) -> None:
        super().__init__()
        self.subject = subject
        self.every = every
        self.remind = remind

    @abstractmethod
    async def look(self) -> dict[str, Any] | None:
        """Payload of the event; ``None`` without work, or while a run is on duty."""

    @abstractmethod
    def drop(self) -> None:
        """Close everything. The next look opens it again, with the connections of that moment."""

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
    """The error for the log; its text only if it cannot quote a record."""
    from sqlalchemy.exc import OperationalError

    from include.fusion.wiring.names import FusionHubError

    tellable = isinstance(error, (OperationalError, FusionHubError, ImportError))
    return f"{type(error).__name__}: {str(error).splitlines()[0][:300]}" if tellable and str(error) else type(error).__name__

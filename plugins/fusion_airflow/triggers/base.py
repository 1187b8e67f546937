"""The loop of every watcher.

An event only wakes a DAG up: Airflow may merge, repeat or drop it, because the run itself reads the queue and the source's markers. While a
run is on duty there is no event: the run looks once more before it ends.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from fusion_airflow.triggers.thread import NoAnswer, SourceThread

T = TypeVar("T")

ERROR_WAIT_MAX = 30.0
QUESTION_MAX = 30.0
"""Seconds for one statement of a watcher."""
LOOK_MAX = QUESTION_MAX + 15.0
"""Seconds for one look, with its connection: what the time limits of drivers did not end by then is given up."""
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
        """Close everything, without waiting for it. The next look opens it again, with the connections of that moment."""

    @property
    def thread(self) -> SourceThread:
        """Where everything of this watcher runs that may block."""
        return SourceThread.of(self.subject)

    async def ask(self, question: Callable[[], T]) -> T:
        """The answer to ``question``, within the time of a look."""
        return await self.thread.ask(question, LOOK_MAX)

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

    tellable = isinstance(error, (OperationalError, FusionHubError, ImportError, NoAnswer))
    return f"{type(error).__name__}: {str(error).splitlines()[0][:300]}" if tellable and str(error) else type(error).__name__

"""The thread in which a watcher asks its source. A source that is silent keeps this one thread, and no other watcher's."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


class NoAnswer(Exception):
    """A question has no answer within its time, or the one before it has none yet."""


class _Question:
    """Runs once; ``answered`` is called in the thread that ran it. Given up before its turn, it is never asked."""

    def __init__(self, ask: Callable[[], Any], answered: Callable[[], None]) -> None:
        self._ask = ask
        self._context = contextvars.copy_context()  # Airflow finds the log of a trigger by it.
        self._answered = answered
        self.since = time.monotonic()
        self.given_up = self.finished = False
        self.value: Any = None
        self.error: BaseException | None = None

    def __call__(self) -> None:
        if not self.given_up:
            try:
                self.value = self._context.run(self._ask)
            except BaseException as error:
                self.error = error
        self.finished = True
        self._answered()


class SourceThread:
    """At most one thread for each ``name``, however often it is asked: what hangs is given up, and nothing starts beside it.

    A daemon thread, since the process must be able to end while a source is silent; it lives only while there is something to do.
    """

    _by_name: ClassVar[dict[str, SourceThread]] = {}

    def __init__(self) -> None:
        self._work: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._busy = False
        self._hanging: _Question | None = None

    @classmethod
    def of(cls, name: str) -> SourceThread:
        """The thread of this name, one per triggerer: a watcher and the one that replaces it have the same."""
        return cls._by_name.setdefault(name, cls())

    async def ask(self, question: Callable[[], T], limit: float) -> T:
        """The answer, or what the question raises. :raises NoAnswer: none within ``limit`` seconds, or an older question still hangs."""
        if self._hanging is not None and not self._hanging.finished:
            raise NoAnswer(f"sem resposta há {time.monotonic() - self._hanging.since:.0f} s, e a pergunta ainda não terminou")
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def answered() -> None:
            with suppress(RuntimeError):  # The loop may have ended meanwhile.
                loop.call_soon_threadsafe(done.set)

        asked = _Question(question, answered)
        self.later(asked)
        try:
            async with asyncio.timeout(limit):
                await done.wait()
        except BaseException as error:
            asked.given_up = True
            if not isinstance(error, TimeoutError):
                raise
            self._hanging = asked
            raise NoAnswer(
                f"sem resposta em {limit:.0f} s; a pergunta foi abandonada e só se pergunta de novo quando ela terminar"
            ) from None
        if asked.error is not None:
            raise asked.error
        return asked.value

    def later(self, work: Callable[[], None]) -> None:
        """Do ``work`` in the thread, after what is there; returns at once."""
        with self._lock:
            self._work.append(work)
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._run, name="fonte", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._work:
                    self._busy = False
                    return
                work = self._work.popleft()
            with suppress(Exception):  # Closing a broken connection may fail; questions keep their errors for who asked.
                work()

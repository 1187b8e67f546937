"""Ends waits for a silent server. Its own time limits cannot help then, and TCP waits as long as its machine acknowledges what we sent.

Drivers with limits of their own on this side have them set where their engines are made. What a driver leaves open is ended here: at its
deadline the socket is shut down, and the driver, which waits for it, reports a broken connection at once.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from typing import Any

CONNECT_MAX = 10.0
"""Seconds for a connection, with its login."""
MARGIN = 5.0
"""Seconds after its limit at the server that a statement has before the connection is cut on this side."""
_LOOK = 0.25


class Line:
    """The socket of a connection, by its file's number and inode: once it is closed, the number may be another file's."""

    def __init__(self, number: int) -> None:
        self._number, self._inode = number, os.fstat(number).st_ino

    def cut(self) -> None:
        """Shut the socket down, if it is still open. The driver closes it."""
        with suppress(OSError):
            if os.fstat(self._number).st_ino == self._inode:
                with closing(socket.socket(fileno=os.dup(self._number))) as line:
                    line.shutdown(socket.SHUT_RDWR)


class Wait:
    """A wait for a server. ``over``: it took too long and was cut."""

    over = False

    def __init__(self, until: float, cut: Callable[[], None]) -> None:
        self.until = until
        self.cut = cut


class _Watchdog:
    """One thread for all waits of the process."""

    def __init__(self) -> None:
        self._waits: set[Wait] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, wait: Wait) -> None:
        with self._lock:
            self._waits.add(wait)
            if self._thread is None or not self._thread.is_alive():  # After a fork there is none.
                self._thread = threading.Thread(target=self._run, name="silence", daemon=True)
                self._thread.start()

    def remove(self, wait: Wait) -> None:
        with self._lock:
            self._waits.discard(wait)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK)
            now = time.monotonic()
            with self._lock:  # No wait ends before its line is cut, so that the socket is still its own.
                for wait in [wait for wait in self._waits if wait.until <= now]:
                    self._waits.discard(wait)
                    wait.over = True
                    wait.cut()


_watchdog = _Watchdog()


@contextmanager
def cut_after(seconds: float, cut: Callable[[], None]) -> Iterator[Wait]:
    """Call ``cut`` (from another thread) when the block takes longer than ``seconds``."""
    wait = Wait(time.monotonic() + seconds, cut)
    _watchdog.add(wait)
    try:
        yield wait
    finally:
        _watchdog.remove(wait)


_of_thread = threading.local()


@cache
def _notice_connects() -> None:
    def notice(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and (lines := getattr(_of_thread, "lines", None)) is not None:
            lines.append(Line(arguments[0].fileno()))

    sys.addaudithook(notice)


@contextmanager
def connecting(seconds: float) -> Iterator[Wait]:
    """Limit for a driver in Python that connects in this block and has none for its login: it cuts the sockets that this thread opens."""
    _notice_connects()
    lines: list[Line] = []
    _of_thread.lines = lines

    def cut() -> None:
        for line in lines:
            line.cut()

    try:
        with cut_after(seconds, cut) as wait:
            yield wait
    finally:
        _of_thread.lines = None

"""A server that takes connections and never says anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SilentServer:
    """``port`` on loopback; ``taken``: connections that came."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.taken: list[socket.socket] = []
        self._came = threading.Condition()
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                taken = self._listener.accept()[0]
            except OSError:
                return
            with self._came:
                self.taken.append(taken)
                self._came.notify_all()

    def wait_for(self, count: int) -> None:
        """Until so many connections have come, 60 seconds at most."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.taken) >= count, 60)

    def close(self) -> None:
        self._listener.close()
        for taken in self.taken:
            taken.close()


@contextmanager
def silent_server() -> Iterator[SilentServer]:
    server = SilentServer()
    try:
        yield server
    finally:
        server.close()

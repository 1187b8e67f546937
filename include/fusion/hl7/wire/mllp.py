"""MLLP: the frame around a message, and a client that keeps its connection.

A receiver answers in the order in which messages came, so an answer belongs to the oldest message without one. With ``window`` 1 (the
default, plain MLLP) the next message leaves when the one before is answered; a larger one lets that many be under way, which only a
receiver that answers in order may be given. MSA-2 is checked in any case.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from include.fusion.hl7.wire.ack import Ack, Hl7NoAnswer, read_ack

START, END = b"\x0b", b"\x1c\r"
ANSWER_MAX = 1024 * 1024
"""Bytes that an answer may have before the connection counts as broken."""


def frame(message: bytes) -> bytes:
    return START + message + END


class Deframer:
    """Takes bytes as they come and gives whole messages: several in one packet, one in many, noise between frames dropped."""

    def __init__(self, maximum: int = ANSWER_MAX) -> None:
        self._rest = bytearray()
        self._maximum = maximum
        self._searched = 0

    def receive(self, bytes_: bytes) -> Iterator[bytes]:
        """Every message that is complete now. :raises OverflowError: one that never ends."""
        rest = self._rest
        rest += bytes_
        while True:
            start = rest.find(START)
            if start < 0:
                rest.clear()
                return
            if start:
                del rest[:start]
                self._searched = 0
            end = rest.find(END, max(1, self._searched))
            if end < 0:
                # A frame that begins again inside another: the first one's end was lost.
                other = rest.rfind(START, 1)
                if other > 0:
                    del rest[:other]
                self._searched = len(rest) - 1
                if len(rest) > self._maximum:
                    rest.clear()
                    raise OverflowError("MLLP frame too long")
                return
            message = bytes(rest[1:end])
            del rest[: end + 2]
            self._searched = 0
            yield message.rpartition(START)[2]


@dataclass(frozen=True, slots=True)
class MllpAddress:
    """Where the receiver listens. Times in seconds; ``tls`` is a context of the caller's, ``None`` for plain TCP."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    connect_timeout: float = 10.0
    answer_timeout: float = 30.0
    window: int = 1


class MllpClient:
    """One kept connection, opened again when it breaks; use as an async context manager, from one event loop.

    A message whose connection breaks is not sent again here: the caller decides, and sends it under the same control id.
    """

    def __init__(self, address: MllpAddress) -> None:
        self.endereco = address
        self._output: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: deque[tuple[asyncio.Future[bytes], float]] = deque()

    async def __aenter__(self) -> MllpClient:
        self._lock = asyncio.Lock()
        self._slots = asyncio.Semaphore(self.endereco.window)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._break_off("conexão encerrada")

    async def send(self, message: bytes, control_id: str) -> Ack:
        """Send one message and return its acknowledgement, whatever it says.

        :raises Hl7NoAnswer: no connection, no answer in time, or an answer that is not to this message; the connection is given up then.
        """
        async with self._slots:
            async with self._lock:
                # Under the lock: messages leave in the order of the queue of answers.
                output = await self._connect()
                future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
                self._waiting.append((future, time.monotonic() + self.endereco.answer_timeout))
                try:
                    output.write(frame(message))
                    async with asyncio.timeout(self.endereco.answer_timeout):
                        await output.drain()
                except (OSError, TimeoutError):
                    self._break_off("a conexão caiu")
            try:
                response = await future
            except asyncio.CancelledError:
                # Its answer would be taken for the next message's.
                self._break_off("envio interrompido")
                raise
            try:
                return read_ack(response, control_id)
            except Hl7NoAnswer:
                self._break_off("respostas fora de ordem")
                raise

    async def check(self) -> None:
        """Return when the receiver takes connections. :raises Hl7NoAnswer:"""
        async with self._lock:
            await self._connect()

    async def _connect(self) -> asyncio.StreamWriter:
        if self._output is not None:
            return self._output
        e = self.endereco
        try:
            async with asyncio.timeout(e.connect_timeout):
                reader, self._output = await asyncio.open_connection(e.host, e.port, ssl=e.tls)
        except (OSError, TimeoutError):
            raise Hl7NoAnswer("sem conexão MLLP") from None
        self._reading = asyncio.create_task(self._read(reader))
        return self._output

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Give every answer to the oldest message without one; a late or broken one ends the connection."""
        frames = Deframer()
        detail = "o destino fechou a conexão"
        try:
            while True:
                try:
                    async with asyncio.timeout_at(self._lease()):
                        piece = await reader.read(65536)
                except TimeoutError:
                    if not self._waiting or self._waiting[0][1] > time.monotonic():
                        continue  # a message that left while nothing was awaited has its own time
                    detail = "sem resposta no tempo limite"
                    break
                if not piece:
                    break
                for response in frames.receive(piece):
                    if not self._waiting:
                        detail = "resposta sem mensagem"
                        return
                    future, _ = self._waiting.popleft()
                    if not future.done():
                        future.set_result(response)
        except (OSError, OverflowError):
            detail = "a conexão caiu"
        finally:
            if self._reading is asyncio.current_task():
                self._break_off(detail)

    def _lease(self) -> float:
        """Loop time until which to read: that of the oldest message, or a turn of the usual wait."""
        now = time.monotonic()
        until = self._waiting[0][1] if self._waiting else now + self.endereco.answer_timeout
        return asyncio.get_running_loop().time() + max(0.0, until - now)

    def _break_off(self, detail: str) -> None:
        """Close, and fail whoever waits: what became of those messages is unknown."""
        output, self._output = self._output, None
        reading, self._reading = self._reading, None
        if reading is not None and reading is not asyncio.current_task():
            reading.cancel()
        if output is not None:
            output.transport.abort()
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(Hl7NoAnswer(detail))

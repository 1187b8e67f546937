"""MLLP: the frame around a message, and a client that keeps its connection.

A receiver answers in order: an answer belongs to the oldest message without one. ``window`` 1 (plain MLLP, the default): the next message
waits for the answer to the one before. A larger window sends that many without an answer; only for a receiver that keeps the order. MSA-2 is
always checked.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from include.fusion.hl7.wire.ack import Ack, Hl7NoAnswer, read_ack

START, END = b"\x0b", b"\x1c\r"
ANSWER_MAX = 1024 * 1024
"""Longest answer in bytes; beyond it the connection counts as broken."""


def frame(message: bytes) -> bytes:
    return START + message + END


class Deframer:
    """Makes whole messages of the bytes that arrive. A packet may hold several messages or a part of one; noise between frames is dropped."""

    def __init__(self, maximum: int = ANSWER_MAX) -> None:
        self._rest = bytearray()
        self._maximum = maximum
        self._searched = 0

    def receive(self, bytes_: bytes) -> Iterator[bytes]:
        """All messages that are complete now. :raises OverflowError: a message that does not end."""
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
                # A frame that starts inside another: the end of the first was lost.
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
    """Where the receiver listens. Times in seconds; ``tls``: context, ``None`` for plain TCP."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    connect_timeout: float = 10.0
    answer_timeout: float = 30.0
    window: int = 1


class MllpClient:
    """One kept connection, opened again after a break. An async context manager for one event loop.

    It never repeats a message: after a break the caller decides, and sends it again under the same control id.
    """

    def __init__(self, address: MllpAddress) -> None:
        self._address = address
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: deque[tuple[asyncio.Future[bytes], float]] = deque()

    async def __aenter__(self) -> MllpClient:
        self._lock = asyncio.Lock()
        self._slots = asyncio.Semaphore(self._address.window)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._break_off("conexão encerrada")

    async def send(self, message: bytes, control_id: str) -> Ack:
        """Send one message and return its acknowledgement, also a refusal.

        :raises Hl7NoAnswer: no connection, no answer in time, or the answer to another message. The connection is closed then.
        """
        async with self._slots:
            async with self._lock:
                # Under the lock: messages are sent in the order of ``_waiting``.
                writer = await self._connect()
                future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
                self._waiting.append((future, time.monotonic() + self._address.answer_timeout))
                try:
                    writer.write(frame(message))
                    async with asyncio.timeout(self._address.answer_timeout):
                        await writer.drain()
                except (OSError, TimeoutError):
                    self._break_off("a conexão caiu")
            try:
                response = await future
            except asyncio.CancelledError:
                # Else its answer would be taken for that of the next message.
                self._break_off("envio interrompido")
                raise
            try:
                return read_ack(response, control_id)
            except Hl7NoAnswer:
                self._break_off("respostas fora de ordem")
                raise

    async def check(self) -> None:
        """Open a connection. :raises Hl7NoAnswer: the receiver takes none."""
        async with self._lock:
            await self._connect()

    async def _connect(self) -> asyncio.StreamWriter:
        if self._writer is not None:
            return self._writer
        e = self._address
        try:
            async with asyncio.timeout(e.connect_timeout):
                reader, self._writer = await asyncio.open_connection(e.host, e.port, ssl=e.tls)
        except (OSError, TimeoutError):
            raise Hl7NoAnswer("sem conexão MLLP") from None
        self._reading = asyncio.create_task(self._read(reader))
        return self._writer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Give each answer to the oldest waiting message. A late or broken answer ends the connection."""
        frames = Deframer()
        detail = "o destino fechou a conexão"
        try:
            while True:
                try:
                    async with asyncio.timeout_at(self._read_until()):
                        piece = await reader.read(65536)
                except TimeoutError:
                    if not self._waiting or self._waiting[0][1] > time.monotonic():
                        continue  # A message that was sent meanwhile has its own time limit.
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

    def _read_until(self) -> float:
        """Loop time until which to read: the limit of the oldest message, else one usual wait."""
        now = time.monotonic()
        until = self._waiting[0][1] if self._waiting else now + self._address.answer_timeout
        return asyncio.get_running_loop().time() + max(0.0, until - now)

    def _break_off(self, detail: str) -> None:
        """Close, and fail all waiting messages: their state is unknown."""
        writer, self._writer = self._writer, None
        reading, self._reading = self._reading, None
        if reading is not None and reading is not asyncio.current_task():
            reading.cancel()
        if writer is not None:
            writer.transport.abort()
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(Hl7NoAnswer(detail))

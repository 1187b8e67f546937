"""One way to send a message, two transports: HTTP to Fusion's HL7 controller, or MLLP."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from include.fusion.hl7.wire.ack import Ack, read_ack
from include.fusion.hl7.wire.mllp import MllpAddress, MllpClient
from include.fusion.hl7.wire.parser import read
from include.fusion.http.fusion import FusionClient

KIND = "application/hl7-v2"


class Transport(AbstractAsyncContextManager[Any], Protocol):
    """Async context manager that sends messages and returns what the receiver says; it never sends one twice by itself.

    ``send`` raises ``FusionUnavailable`` (of which ``Hl7NoAnswer`` is one) when nobody knows whether the message arrived, and
    ``FusionError`` when the way there refuses it (a route that does not exist). What an :class:`Ack` means is ``Ack.check``'s to say.
    """

    async def __aenter__(self) -> Transport: ...
    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...
    async def send(self, message: bytes) -> Ack: ...
    async def health(self) -> None:
        """Return when the receiver takes messages; raises ``FusionUnavailable`` when not."""


def control_id_of(message: bytes) -> str:
    """MSH-10 of a message. :raises Ilegivel: it is none."""
    return str(read(message[: message.find(b"\r") + 1]).valor("MSH", 10))


_C = TypeVar("_C", bound=AbstractAsyncContextManager[Any])


class _Sobre(Generic[_C]):
    """Opens and ends with the client that it uses."""

    def __init__(self, client: _C) -> None:
        self._client = client

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        await self._client.__aexit__(kind, error, traceback)


class HttpTransport(_Sobre[FusionClient]):
    """POST to ``path``; MSH-10 is the Idempotency-Key, too. Requests may be under way side by side."""

    def __init__(self, client: FusionClient, path: str) -> None:
        super().__init__(client)
        self._path = path

    async def send(self, message: bytes) -> Ack:
        control_id = control_id_of(message)
        return read_ack(await self._client.send_raw(self._path, message, kind=KIND, key=control_id), control_id)

    async def health(self) -> None:
        await self._client.health()


class MllpTransport(_Sobre[MllpClient]):
    """One kept connection; messages leave in the order of the calls, at most ``window`` without an answer."""

    def __init__(self, address: MllpAddress) -> None:
        super().__init__(MllpClient(address))

    async def send(self, message: bytes) -> Ack:
        return await self._client.send(message, control_id_of(message))

    async def health(self) -> None:
        await self._client.check()


class Hl7Carrier(_Sobre[Transport]):
    """A transport as the delivery of batches calls it (``outgoing.Carrier``): the bytes are the message, an acknowledgement that refuses raises.

    Method, route and key say nothing here: the message has its own control id.
    """

    async def send(self, method: str, path: str, body: bytes | None = None, *, key: str | None = None) -> dict[str, Any]:
        """Send one message; raises like :meth:`Transport.send` and ``Ack.check``."""
        assert body is not None
        ack = await self._client.send(body)
        ack.check()
        return {"resposta": ack.codigo}

    async def health(self) -> None:
        await self._client.health()

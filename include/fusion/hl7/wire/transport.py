"""One way to send a message, two transports: HTTP to Fusion's HL7 controller, or MLLP."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Protocol, Self, TypeVar

from include.fusion.hl7.wire.ack import Ack, read_ack
from include.fusion.hl7.wire.mllp import MllpAddress, MllpClient
from include.fusion.hl7.wire.parser import read
from include.fusion.http.fusion import FusionClient

KIND = "application/hl7-v2"


class Transport(AbstractAsyncContextManager[Any], Protocol):
    """Async context manager. ``send`` sends a message once and returns the answer; ``Ack.check`` says what the answer means.

    ``send`` raises ``FusionUnavailable`` (such as ``Hl7NoAnswer``) when it is unknown whether the message arrived, and ``FusionError`` when
    the server refuses it (for example, an unknown route).
    """

    async def __aenter__(self) -> Transport: ...
    async def __aexit__(self, *error: Any) -> None: ...
    async def send(self, message: bytes) -> Ack: ...
    async def health(self) -> None:
        """:raises FusionUnavailable: the receiver takes no messages."""


def control_id_of(message: bytes) -> str:
    """MSH-10 of a message. :raises Unreadable: it is no message."""
    return str(read(message[: message.find(b"\r") + 1]).valor("MSH", 10))


_C = TypeVar("_C", bound=AbstractAsyncContextManager[Any])


class _Around(Generic[_C]):
    """Opens and closes its client."""

    def __init__(self, client: _C) -> None:
        self._client = client

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._client.__aexit__(*error)


class HttpTransport(_Around[FusionClient]):
    """POST to ``path``, with MSH-10 as Idempotency-Key. Several requests may run at once."""

    def __init__(self, client: FusionClient, path: str) -> None:
        super().__init__(client)
        self._path = path

    async def send(self, message: bytes) -> Ack:
        control_id = control_id_of(message)
        return read_ack(await self._client.send_raw(self._path, message, kind=KIND, key=control_id), control_id)

    async def health(self) -> None:
        await self._client.health()


class MllpTransport(_Around[MllpClient]):
    """One kept connection. Messages are sent in the order of the calls, at most ``window`` without an answer."""

    def __init__(self, address: MllpAddress) -> None:
        super().__init__(MllpClient(address))

    async def send(self, message: bytes) -> Ack:
        return await self._client.send(message, control_id_of(message))

    async def health(self) -> None:
        await self._client.check()


class Hl7Carrier(_Around[Transport]):
    """A transport for the delivery of batches. Method, path, key and sequence are ignored: the message has its own control id."""

    async def send(
        self, method: str, path: str, body: bytes | None = None, *, key: str | None = None, sequence: int | None = None
    ) -> dict[str, Any]:
        """Send one message; raises like :meth:`Transport.send` and ``Ack.check``."""
        assert body is not None
        ack = await self._client.send(body)
        ack.check()
        return {"resposta": ack.codigo}

    async def prove(self, path: str) -> bool:
        """Raises when the receiver takes no messages. Messages cannot be read back, so nothing is proven."""
        await self._client.health()
        return False

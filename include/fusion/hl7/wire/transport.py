"""One way to send a message, two transports: HTTP to Fusion's HL7 controller, or MLLP."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from include.fusion.hl7.wire.ack import Ack, ler_ack
from include.fusion.hl7.wire.mllp import ClienteMllp, EnderecoMllp
from include.fusion.hl7.wire.parser import ler
from include.fusion.http.fusion import ClienteFusion

TIPO = "application/hl7-v2"


class Transporte(AbstractAsyncContextManager[Any], Protocol):
    """Async context manager that sends messages and returns what the receiver says; it never sends one twice by itself.

    ``enviar`` raises ``FusionIndisponivel`` (of which ``Hl7SemResposta`` is one) when nobody knows whether the message arrived, and
    ``FusionError`` when the way there refuses it (a route that does not exist). What an :class:`Ack` means is ``Ack.conferir``'s to say.
    """

    async def __aenter__(self) -> Transporte: ...
    async def __aexit__(self, tipo: type[BaseException] | None, erro: BaseException | None, rastro: TracebackType | None) -> None: ...
    async def enviar(self, mensagem: bytes) -> Ack: ...
    async def saude(self) -> None:
        """Return when the receiver takes messages; raises ``FusionIndisponivel`` when not."""


def controle_da(mensagem: bytes) -> str:
    """MSH-10 of a message. :raises Ilegivel: it is none."""
    return str(ler(mensagem[: mensagem.find(b"\r") + 1]).valor("MSH", 10))


_C = TypeVar("_C", bound=AbstractAsyncContextManager[Any])


class _Sobre(Generic[_C]):
    """Opens and ends with the client that it uses."""

    def __init__(self, cliente: _C) -> None:
        self._cliente = cliente

    async def __aenter__(self) -> Self:
        await self._cliente.__aenter__()
        return self

    async def __aexit__(self, tipo: type[BaseException] | None, erro: BaseException | None, rastro: TracebackType | None) -> None:
        await self._cliente.__aexit__(tipo, erro, rastro)


class TransporteHttp(_Sobre[ClienteFusion]):
    """POST to ``rota``; MSH-10 is the Idempotency-Key, too. Requests may be under way side by side."""

    def __init__(self, cliente: ClienteFusion, rota: str) -> None:
        super().__init__(cliente)
        self._rota = rota

    async def enviar(self, mensagem: bytes) -> Ack:
        controle = controle_da(mensagem)
        return ler_ack(await self._cliente.enviar_bruto(self._rota, mensagem, tipo=TIPO, chave=controle), controle)

    async def saude(self) -> None:
        await self._cliente.saude()


class TransporteMllp(_Sobre[ClienteMllp]):
    """One kept connection; messages leave in the order of the calls, at most ``janela`` without an answer."""

    def __init__(self, endereco: EnderecoMllp) -> None:
        super().__init__(ClienteMllp(endereco))

    async def enviar(self, mensagem: bytes) -> Ack:
        return await self._cliente.enviar(mensagem, controle_da(mensagem))

    async def saude(self) -> None:
        await self._cliente.conferir()


class EnviadorHl7(_Sobre[Transporte]):
    """A transport as the delivery of batches calls it (``envio.Enviador``): the bytes are the message, an acknowledgement that refuses raises.

    Method, route and key say nothing here: the message has its own control id.
    """

    async def enviar(self, metodo: str, rota: str, corpo: bytes | None = None, *, chave: str | None = None) -> dict[str, Any]:
        """Send one message; raises like :meth:`Transporte.enviar` and ``Ack.conferir``."""
        assert corpo is not None
        ack = await self._cliente.enviar(corpo)
        ack.conferir()
        return {"resposta": ack.codigo}

    async def saude(self) -> None:
        await self._cliente.saude()

"""A transport as the delivery loop's client: what an acknowledgement says becomes the loop's errors."""

from __future__ import annotations

from types import TracebackType

from include.fusion.hl7.transporte import Transporte


class ClienteHl7:
    """Async context manager; one message per call of ``enviar``, whose route and method mean nothing here."""

    def __init__(self, transporte: Transporte) -> None:
        self.transporte = transporte

    async def __aenter__(self) -> ClienteHl7:
        await self.transporte.__aenter__()
        return self

    async def __aexit__(self, tipo: type[BaseException] | None, erro: BaseException | None, rastro: TracebackType | None) -> None:
        await self.transporte.__aexit__(tipo, erro, rastro)

    async def enviar(self, metodo: str, rota: str, corpo: bytes | None = None, *, chave: str | None = None) -> None:
        """Return when the message was taken. :raises FusionError, FusionIndisponivel: as ``Ack.conferir`` and the transport do."""
        assert corpo is not None, "a message has bytes"
        (await self.transporte.enviar(corpo)).conferir()

    async def saude(self) -> None:
        """Return when the receiver takes messages; raises ``FusionIndisponivel`` when not."""
        await self.transporte.saude()

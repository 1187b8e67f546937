"""Bad days on demand: delay, 429, 500, cut connections and half answers, each for a share of the requests to /api."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.fusion.problema import problema

_TRANSPORTE = "sandbox.transporte"


@dataclass(frozen=True)
class Falhas:
    """Shares lie in 0..1 and are drawn from one number per request, so together they are at most 1."""

    atraso_ms: float = 0
    parcela_429: float = 0
    retry_after: int = 1
    parcela_500: float = 0
    parcela_reset: float = 0
    reset_depois_de_aplicar: bool = False
    parcela_meia_resposta: float = 0
    semente: int | None = None

    @classmethod
    def de(cls, dados: Mapping[str, Any]) -> Falhas:
        """:raises ValueError: names the wrong field."""
        tipos = {c.name: c.type for c in fields(cls)}
        for nome, valor in dados.items():
            if nome not in tipos:
                raise ValueError(nome)
            if nome == "reset_depois_de_aplicar":
                certo = isinstance(valor, bool)
            elif nome == "semente":
                certo = valor is None or (isinstance(valor, int) and not isinstance(valor, bool))
            else:
                limite = 1 if nome.startswith("parcela") else 600_000
                certo = isinstance(valor, int | float) and not isinstance(valor, bool) and 0 <= valor <= limite
            if not certo:
                raise ValueError(nome)
        pronto = cls(**dados)
        if sum(pronto.parcelas.values()) > 1:
            raise ValueError("parcela_*")
        return pronto

    @property
    def parcelas(self) -> dict[str, float]:
        return {nome: valor for nome, valor in asdict(self).items() if nome.startswith("parcela")}


class Injetor:
    """What to do to the next request; ``feitas`` counts what was done since the faults were last set."""

    def __init__(self, falhas: Falhas) -> None:
        self.trocar(falhas)

    def trocar(self, falhas: Falhas) -> None:
        self.falhas = falhas
        self.feitas: Counter[str] = Counter()
        self._sorteio = random.Random(falhas.semente)
        self.ativo = falhas.atraso_ms > 0 or any(falhas.parcelas.values())

    def sortear(self) -> str:
        """Name of the fault for this request, or an empty text."""
        ponto = self._sorteio.random()
        for nome, parcela in self.falhas.parcelas.items():
            if ponto < parcela:
                self.feitas[nome] += 1
                return nome
            ponto -= parcela
        return ""


class ProtocoloComTransporte(HttpToolsProtocol):
    """Lets the application reach the connection it has to cut."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_TRANSPORTE: {"transporte": self.transport}}


def _cortar(scope: Scope) -> None:
    """Close with RST: what was not sent is lost and the client sees a reset, not an end."""
    transporte = scope["extensions"][_TRANSPORTE]["transporte"]
    transporte.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transporte.abort()


async def _ate_desligar(receive: Receive) -> None:
    # The server calls an answerless return an error unless it has seen the connection go.
    while (await receive())["type"] != "http.disconnect":
        pass


class ComFalhas:
    """Outermost ASGI application: stands for the network and the gateway before Fusion."""

    def __init__(self, app: ASGIApp, injetor: Injetor) -> None:
        self._app = app
        self._injetor = injetor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        injetor = self._injetor
        if not injetor.ativo or scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        if injetor.falhas.atraso_ms:
            await asyncio.sleep(injetor.falhas.atraso_ms / 1000)
        falha = injetor.sortear()
        if not falha:
            await self._app(scope, receive, send)
        elif falha == "parcela_429":
            espera = {"Retry-After": str(injetor.falhas.retry_after)}
            await problema(429, "muitas requisições: aguarde", cabecalhos=espera)(scope, receive, send)
        elif falha == "parcela_500":
            await problema(500, "falha injetada")(scope, receive, send)
        elif falha == "parcela_reset":
            if injetor.falhas.reset_depois_de_aplicar:
                await self._aplicar(scope, receive)
            _cortar(scope)
            await _ate_desligar(receive)
        else:
            await self._meia_resposta(scope, receive, send)

    async def _aplicar(self, scope: Scope, receive: Receive) -> list[Message]:
        resposta: list[Message] = []

        async def guardar(mensagem: Message) -> None:
            resposta.append(mensagem)

        await self._app(scope, receive, guardar)
        return resposta

    async def _meia_resposta(self, scope: Scope, receive: Receive, send: Send) -> None:
        inicio, *partes = await self._aplicar(scope, receive)
        corpo = b"".join(p.get("body", b"") for p in partes)
        await send(inicio)
        await send({"type": "http.response.body", "body": corpo[: len(corpo) // 2], "more_body": True})
        # A plain close lets the half that was written arrive.
        scope["extensions"][_TRANSPORTE]["transporte"].close()
        await _ate_desligar(receive)

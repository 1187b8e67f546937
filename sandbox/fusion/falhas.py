"""Bad days on demand: delay, 403, 404, 429, 500, cut connections and half answers, each for a share of the requests to /api or for one record."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.fusion.problema import problem

_TRANSPORT = "sandbox.transporte"


@dataclass(frozen=True)
class Faults:
    """Shares lie in 0..1 and are drawn from one number per request, so together they are at most 1.

    ``registro``: code of one record whose writes are answered with ``registro_status``, whatever happens to others.
    """

    atraso_ms: float = 0
    parcela_429: float = 0
    retry_after: int = 1
    parcela_500: float = 0
    parcela_403: float = 0
    parcela_404: float = 0
    parcela_reset: float = 0
    reset_depois_de_aplicar: bool = False
    parcela_meia_resposta: float = 0
    registro: str = ""
    registro_status: int = 500
    semente: int | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Faults:
        """:raises ValueError: names the wrong field."""
        kinds = {c.name: c.type for c in fields(cls)}
        for name, value in data.items():
            if name not in kinds:
                raise ValueError(name)
            if name == "reset_depois_de_aplicar":
                ok = isinstance(value, bool)
            elif name == "registro":
                ok = isinstance(value, str)
            elif name == "semente":
                ok = value is None or (isinstance(value, int) and not isinstance(value, bool))
            else:
                limit = 1 if name.startswith("parcela") else 600_000
                ok = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= limit
            if not ok:
                raise ValueError(name)
        ready = cls(**data)
        if sum(ready.shares.values()) > 1:
            raise ValueError("parcela_*")
        return ready

    @property
    def shares(self) -> dict[str, float]:
        return {name: value for name, value in asdict(self).items() if name.startswith("parcela")}


class Injector:
    """What to do to the next request; ``done`` counts what was done since the faults were last set."""

    def __init__(self, failures: Faults) -> None:
        self.replace_match(failures)

    def replace_match(self, failures: Faults) -> None:
        self.falhas = failures
        self.done: Counter[str] = Counter()
        self._rand = random.Random(failures.semente)
        self.ativo = failures.atraso_ms > 0 or any(failures.shares.values()) or bool(failures.registro)

    def draw(self) -> str:
        """Name of the fault for this request, or an empty text."""
        checkpoint = self._rand.random()
        for name, share in self.falhas.shares.items():
            if checkpoint < share:
                self.done[name] += 1
                return name
            checkpoint -= share
        return ""


class ProtocolWithTransport(HttpToolsProtocol):
    """Lets the application reach the connection it has to cut."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_TRANSPORT: {"transporte": self.transport}}


def _cortar(scope: Scope) -> None:
    """Close with RST: what was not sent is lost and the client sees a reset, not an end."""
    transport = scope["extensions"][_TRANSPORT]["transporte"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _read_ahead(receive: Receive) -> tuple[bytes, Receive]:
    """The whole body, and a ``receive`` that gives it once more."""
    messages: list[Message] = []
    while not messages or messages[-1].get("more_body"):
        messages.append(await receive())
    body, again = b"".join(m.get("body", b"") for m in messages), iter(messages)

    async def repeat() -> Message:
        message = next(again, None)
        return message if message is not None else await receive()

    return body, repeat


def _code(scope: Scope, body: bytes) -> str | None:
    """Code of the record that a write is about."""
    if scope["method"] == "DELETE":
        return str(scope["path"].rsplit("/", 1)[-1])
    with suppress(orjson.JSONDecodeError, AttributeError):
        return next((part["codigo"] for part in orjson.loads(body).values() if isinstance(part, dict) and "codigo" in part), None)
    return None


async def _ate_desligar(receive: Receive) -> None:
    # The server calls an answerless return an error unless it has seen the connection go.
    while (await receive())["type"] != "http.disconnect":
        pass


class WithFaults:
    """Outermost ASGI application: stands for the network and the gateway before Fusion."""

    def __init__(self, app: ASGIApp, injector: Injector) -> None:
        self._app = app
        self._injector = injector

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        injector = self._injector
        if not injector.ativo or scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        if injector.falhas.atraso_ms:
            await asyncio.sleep(injector.falhas.atraso_ms / 1000)
        if injector.falhas.registro:
            body, receive = await _read_ahead(receive)
            if _code(scope, body) == injector.falhas.registro:
                injector.done["registro"] += 1
                await problem(injector.falhas.registro_status, "falha injetada")(scope, receive, send)
                return
        failure = injector.draw()
        if not failure:
            await self._app(scope, receive, send)
        elif failure == "parcela_429":
            wait = {"Retry-After": str(injector.falhas.retry_after)}
            await problem(429, "muitas requisições: aguarde", headers=wait)(scope, receive, send)
        elif failure in ("parcela_403", "parcela_404", "parcela_500"):
            # Without a type, as a proxy or a Fusion half started answers.
            await problem(int(failure[-3:]), "falha injetada")(scope, receive, send)
        elif failure == "parcela_reset":
            if injector.falhas.reset_depois_de_aplicar:
                await self._apply(scope, receive)
            _cortar(scope)
            await _ate_desligar(receive)
        else:
            await self._half_answer(scope, receive, send)

    async def _apply(self, scope: Scope, receive: Receive) -> list[Message]:
        response: list[Message] = []

        async def store(message: Message) -> None:
            response.append(message)

        await self._app(scope, receive, store)
        return response

    async def _half_answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, *parts = await self._apply(scope, receive)
        body = b"".join(p.get("body", b"") for p in parts)
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        # A plain close lets the half that was written arrive.
        scope["extensions"][_TRANSPORT]["transporte"].close()
        await _ate_desligar(receive)

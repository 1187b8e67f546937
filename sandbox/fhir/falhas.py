"""Bad days on demand for the FHIR server: throttling, outages, lost answers, revoked tokens, 202, entries that fail."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections import Counter
from dataclasses import asdict, dataclass, fields
from email.utils import formatdate
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.fusion.falhas import _ate_desligar, _cortar

PARTS = ("parcela_429", "parcela_503", "parcela_500", "parcela_status", "parcela_reset", "parcela_202", "parcela_html")


@dataclass(frozen=True)
class Faults:
    """Shares lie in 0..1, drawn from one number per request, together at most 1. ``vezes``: so many faults, then none (0: no end).

    ``retry_after`` seconds; ``retry_after_data``: as an HTTP date. ``reset_depois_de_aplicar``: the answer is lost, not the request.
    ``parcela_status``: share of requests that get ``status``; ``parcela_entrada``: of a batch's entries that get it inside a 200, unseen by
    the server. ``issue``: code of the OperationOutcome that goes with it. ``so_metodo``, ``so_rota`` (a suffix of the path, without bar):
    only requests of this method, to this route.
    """

    atraso_ms: float = 0
    parcela_429: float = 0
    parcela_503: float = 0
    parcela_500: float = 0
    parcela_reset: float = 0
    parcela_202: float = 0
    parcela_html: float = 0
    parcela_status: float = 0
    parcela_entrada: float = 0
    status: int = 503
    issue: str = ""
    retry_after: float = 0
    retry_after_data: bool = False
    reset_depois_de_aplicar: bool = True
    vezes: int = 0
    so_metodo: str = ""
    so_rota: str = ""
    semente: int = 7

    @classmethod
    def of(cls, data: dict[str, Any]) -> Faults:
        """:raises ValueError: names the wrong field."""
        names = {c.name for c in fields(cls)}
        if strange := set(data) - names:
            raise ValueError(", ".join(sorted(strange)))
        ready = cls(**data)
        if sum(getattr(ready, p) for p in PARTS) > 1:
            raise ValueError("parcela_*")
        return ready


class WithFaults:
    """Outermost ASGI application: the network and the gateway before the server. ``/_sandbox/falhas`` (GET, PUT, DELETE) sets it."""

    def __init__(self, app: ASGIApp, token_admin: str) -> None:
        self._app = app
        self._token = token_admin
        self._replace_match(Faults())
        self._ready_ones: dict[str, tuple[float, list[Message]]] = {}

    def _replace_match(self, failures: Faults) -> None:
        self.falhas = failures
        self.done: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self._rand = random.Random(failures.semente)

    def _draw(self, method: str, path: str) -> str:
        f = self.falhas
        outage = (f.so_metodo and f.so_metodo != method) or (f.so_rota and not path.rstrip("/").endswith(f.so_rota))
        if outage or self._esgotadas():
            return ""
        checkpoint = self._rand.random()
        for name in PARTS:
            if checkpoint < getattr(f, name):
                self.done[name] += 1
                return name
            checkpoint -= getattr(f, name)
        return ""

    def _esgotadas(self) -> bool:
        return bool(self.falhas.vezes) and sum(self.done.values()) >= self.falhas.vezes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/_sandbox/falhas":
            await self._adjust(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith("/_sandbox/pronto/"):
            await self._ready(scope, send)
            return
        if scope["type"] != "http" or not scope["path"].startswith("/fhir"):
            await self._app(scope, receive, send)
            return
        self.requests[scope["method"]] += 1
        package = scope["method"] == "POST" and scope["path"].rstrip("/") == "/fhir"
        if scope["method"] == "POST" and not package and b"if-none-exist" not in dict(scope["headers"]):
            self.requests["sem_condicao"] += 1
        if self.falhas.atraso_ms:
            await asyncio.sleep(self.falhas.atraso_ms / 1000)
        failure = self._draw(scope["method"], scope["path"])
        if failure in ("parcela_429", "parcela_503", "parcela_500"):
            await _respond(send, int(failure[-3:]), self._wait())
        elif failure == "parcela_status":
            await _respond(send, self.falhas.status, self._wait(), json.dumps(self._outcome()).encode() if self.falhas.issue else b"")
        elif failure == "parcela_html":
            await _respond(send, 200, [(b"content-type", b"text/html")], b"<html>proxy</html>")
        elif failure == "parcela_reset":
            if self.falhas.reset_depois_de_aplicar:
                await self._apply(scope, receive)
            _cortar(scope)
            await _ate_desligar(receive)
        elif failure == "parcela_202":
            number = secrets.token_hex(8)
            self._ready_ones[number] = (time.monotonic() + 0.2, await self._apply(scope, receive))
            host = dict(scope["headers"])[b"host"].decode()
            await _respond(send, 202, [(b"content-location", f"http://{host}/_sandbox/pronto/{number}".encode()), (b"retry-after", b"0")])
        elif package:
            await self._entries(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _wait(self) -> list[tuple[bytes, bytes]]:
        f = self.falhas
        if not f.retry_after:
            return []
        # A date has whole seconds: the next one, or the wait would be over before it began.
        value = formatdate(time.time() + f.retry_after + 1, usegmt=True) if f.retry_after_data else str(int(f.retry_after))
        return [(b"retry-after", value.encode())]

    async def _apply(self, scope: Scope, receive: Receive) -> list[Message]:
        response: list[Message] = []

        async def store(message: Message) -> None:
            response.append(message)

        await self._app(scope, receive, store)
        return response

    async def _entries(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Drop some entries of a batch before the server sees them; they fail inside a 200."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        package = json.loads(body)
        entries = package.get("entry", [])
        self.requests["entradas"] += len(entries)
        creations = [e["request"] for e in entries if e.get("request", {}).get("method") == "POST"]
        self.requests["sem_condicao"] += sum("ifNoneExist" not in p for p in creations)
        fails = [package.get("type") == "batch" and self._cai_entrada() for _ in entries]
        package["entry"] = [e for e, c in zip(entries, fails, strict=True) if not c]
        new = json.dumps(package).encode()
        headers = [(n, v) for n, v in scope["headers"] if n != b"content-length"] + [(b"content-length", str(len(new)).encode())]
        read_rows = iter([{"type": "http.request", "body": new, "more_body": False}])

        async def take() -> Message:
            return next(read_rows, None) or await receive()

        start, *parts = await self._apply({**scope, "headers": headers}, take)
        answer = b"".join(p.get("body", b"") for p in parts)
        if start["status"] == 200:
            response = json.loads(answer)
            good = iter(response["entry"])
            response["entry"] = [{"response": self._refusal()} if c else next(good) for c in fails]
            answer = json.dumps(response).encode()
        headers = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
        await _respond(send, start["status"], headers, answer)

    def _cai_entrada(self) -> bool:
        fails = not self._esgotadas() and self._rand.random() < self.falhas.parcela_entrada
        self.done["parcela_entrada"] += fails
        return fails

    def _outcome(self) -> dict[str, Any]:
        return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": self.falhas.issue}]}

    def _refusal(self) -> dict[str, Any]:
        return {"status": str(self.falhas.status), **({"outcome": self._outcome()} if self.falhas.issue else {})}

    async def _ready(self, scope: Scope, send: Send) -> None:
        number = scope["path"].rpartition("/")[2]
        when, messages = self._ready_ones.get(number, (0.0, []))
        if not messages:
            await _respond(send, 404)
        elif time.monotonic() < when:
            await _respond(send, 202)
        else:
            for message in messages:
                await send(message)

    async def _adjust(self, scope: Scope, receive: Receive, send: Send) -> None:
        if dict(scope["headers"]).get(b"authorization", b"").decode() != f"Bearer {self._token}":
            await _respond(send, 401)
            return
        if scope["method"] == "PUT":
            body = (await receive()).get("body", b"")
            try:
                self._replace_match(Faults.of(json.loads(body)))
            except (ValueError, TypeError) as error:
                await _respond(send, 422, [], json.dumps({"campo": str(error)}).encode())
                return
        elif scope["method"] == "DELETE":
            self._replace_match(Faults())
        state = {**asdict(self.falhas), "feitas": dict(self.done), "pedidos": dict(self.requests)}
        await _respond(send, 200, [(b"content-type", b"application/json")], json.dumps(state).encode())


async def _respond(send: Send, status: int, headers: list[tuple[bytes, bytes]] | None = None, body: bytes = b"") -> None:
    base = [(n, v) for n, v in headers or []] + [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": base})
    await send({"type": "http.response.body", "body": body})

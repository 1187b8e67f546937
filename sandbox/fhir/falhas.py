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

PARTES = ("parcela_429", "parcela_503", "parcela_500", "parcela_status", "parcela_reset", "parcela_202", "parcela_html")


@dataclass(frozen=True)
class Falhas:
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
    def de(cls, dados: dict[str, Any]) -> Falhas:
        """:raises ValueError: names the wrong field."""
        nomes = {c.name for c in fields(cls)}
        if estranhos := set(dados) - nomes:
            raise ValueError(", ".join(sorted(estranhos)))
        pronto = cls(**dados)
        if sum(getattr(pronto, p) for p in PARTES) > 1:
            raise ValueError("parcela_*")
        return pronto


class ComFalhas:
    """Outermost ASGI application: the network and the gateway before the server. ``/_sandbox/falhas`` (GET, PUT, DELETE) sets it."""

    def __init__(self, app: ASGIApp, token_admin: str) -> None:
        self._app = app
        self._token = token_admin
        self._trocar(Falhas())
        self._prontas: dict[str, tuple[float, list[Message]]] = {}

    def _trocar(self, falhas: Falhas) -> None:
        self.falhas = falhas
        self.feitas: Counter[str] = Counter()
        self.pedidos: Counter[str] = Counter()
        self._sorteio = random.Random(falhas.semente)

    def _sortear(self, metodo: str, rota: str) -> str:
        f = self.falhas
        fora = (f.so_metodo and f.so_metodo != metodo) or (f.so_rota and not rota.rstrip("/").endswith(f.so_rota))
        if fora or self._esgotadas():
            return ""
        ponto = self._sorteio.random()
        for nome in PARTES:
            if ponto < getattr(f, nome):
                self.feitas[nome] += 1
                return nome
            ponto -= getattr(f, nome)
        return ""

    def _esgotadas(self) -> bool:
        return bool(self.falhas.vezes) and sum(self.feitas.values()) >= self.falhas.vezes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/_sandbox/falhas":
            await self._ajustar(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith("/_sandbox/pronto/"):
            await self._pronto(scope, send)
            return
        if scope["type"] != "http" or not scope["path"].startswith("/fhir"):
            await self._app(scope, receive, send)
            return
        self.pedidos[scope["method"]] += 1
        pacote = scope["method"] == "POST" and scope["path"].rstrip("/") == "/fhir"
        if scope["method"] == "POST" and not pacote and b"if-none-exist" not in dict(scope["headers"]):
            self.pedidos["sem_condicao"] += 1
        if self.falhas.atraso_ms:
            await asyncio.sleep(self.falhas.atraso_ms / 1000)
        falha = self._sortear(scope["method"], scope["path"])
        if falha in ("parcela_429", "parcela_503", "parcela_500"):
            await _responder(send, int(falha[-3:]), self._espera())
        elif falha == "parcela_status":
            await _responder(send, self.falhas.status, self._espera(), json.dumps(self._desfecho()).encode() if self.falhas.issue else b"")
        elif falha == "parcela_html":
            await _responder(send, 200, [(b"content-type", b"text/html")], b"<html>proxy</html>")
        elif falha == "parcela_reset":
            if self.falhas.reset_depois_de_aplicar:
                await self._aplicar(scope, receive)
            _cortar(scope)
            await _ate_desligar(receive)
        elif falha == "parcela_202":
            numero = secrets.token_hex(8)
            self._prontas[numero] = (time.monotonic() + 0.2, await self._aplicar(scope, receive))
            host = dict(scope["headers"])[b"host"].decode()
            await _responder(send, 202, [(b"content-location", f"http://{host}/_sandbox/pronto/{numero}".encode()), (b"retry-after", b"0")])
        elif pacote:
            await self._entradas(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _espera(self) -> list[tuple[bytes, bytes]]:
        f = self.falhas
        if not f.retry_after:
            return []
        # A date has whole seconds: the next one, or the wait would be over before it began.
        valor = formatdate(time.time() + f.retry_after + 1, usegmt=True) if f.retry_after_data else str(int(f.retry_after))
        return [(b"retry-after", valor.encode())]

    async def _aplicar(self, scope: Scope, receive: Receive) -> list[Message]:
        resposta: list[Message] = []

        async def guardar(mensagem: Message) -> None:
            resposta.append(mensagem)

        await self._app(scope, receive, guardar)
        return resposta

    async def _entradas(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Drop some entries of a batch before the server sees them; they fail inside a 200."""
        corpo = b""
        while True:
            mensagem = await receive()
            corpo += mensagem.get("body", b"")
            if not mensagem.get("more_body"):
                break
        pacote = json.loads(corpo)
        entradas = pacote.get("entry", [])
        self.pedidos["entradas"] += len(entradas)
        criacoes = [e["request"] for e in entradas if e.get("request", {}).get("method") == "POST"]
        self.pedidos["sem_condicao"] += sum("ifNoneExist" not in p for p in criacoes)
        cai = [pacote.get("type") == "batch" and self._cai_entrada() for _ in entradas]
        pacote["entry"] = [e for e, c in zip(entradas, cai, strict=True) if not c]
        novo = json.dumps(pacote).encode()
        cabecalhos = [(n, v) for n, v in scope["headers"] if n != b"content-length"] + [(b"content-length", str(len(novo)).encode())]
        lidas = iter([{"type": "http.request", "body": novo, "more_body": False}])

        async def receber() -> Message:
            return next(lidas, None) or await receive()

        inicio, *partes = await self._aplicar({**scope, "headers": cabecalhos}, receber)
        respondido = b"".join(p.get("body", b"") for p in partes)
        if inicio["status"] == 200:
            resposta = json.loads(respondido)
            boas = iter(resposta["entry"])
            resposta["entry"] = [{"response": self._recusa()} if c else next(boas) for c in cai]
            respondido = json.dumps(resposta).encode()
        cabecalhos = [(n, v) for n, v in inicio["headers"] if n.lower() != b"content-length"]
        await _responder(send, inicio["status"], cabecalhos, respondido)

    def _cai_entrada(self) -> bool:
        cai = not self._esgotadas() and self._sorteio.random() < self.falhas.parcela_entrada
        self.feitas["parcela_entrada"] += cai
        return cai

    def _desfecho(self) -> dict[str, Any]:
        return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": self.falhas.issue}]}

    def _recusa(self) -> dict[str, Any]:
        return {"status": str(self.falhas.status), **({"outcome": self._desfecho()} if self.falhas.issue else {})}

    async def _pronto(self, scope: Scope, send: Send) -> None:
        numero = scope["path"].rpartition("/")[2]
        quando, mensagens = self._prontas.get(numero, (0.0, []))
        if not mensagens:
            await _responder(send, 404)
        elif time.monotonic() < quando:
            await _responder(send, 202)
        else:
            for mensagem in mensagens:
                await send(mensagem)

    async def _ajustar(self, scope: Scope, receive: Receive, send: Send) -> None:
        if dict(scope["headers"]).get(b"authorization", b"").decode() != f"Bearer {self._token}":
            await _responder(send, 401)
            return
        if scope["method"] == "PUT":
            corpo = (await receive()).get("body", b"")
            try:
                self._trocar(Falhas.de(json.loads(corpo)))
            except (ValueError, TypeError) as erro:
                await _responder(send, 422, [], json.dumps({"campo": str(erro)}).encode())
                return
        elif scope["method"] == "DELETE":
            self._trocar(Falhas())
        estado = {**asdict(self.falhas), "feitas": dict(self.feitas), "pedidos": dict(self.pedidos)}
        await _responder(send, 200, [(b"content-type", b"application/json")], json.dumps(estado).encode())


async def _responder(send: Send, status: int, cabecalhos: list[tuple[bytes, bytes]] | None = None, corpo: bytes = b"") -> None:
    base = [(n, v) for n, v in cabecalhos or []] + [(b"content-length", str(len(corpo)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": base})
    await send({"type": "http.response.body", "body": corpo})

"""HTTP client of the Fusion API: kept connections, answers turned into our two exceptions, no body ever in a message."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import aiohttp

from include.fusion.errors import FusionError, FusionIndisponivel, FusionNaoAutorizado

_JSON = "application/json"
TRANSITORIOS = frozenset({408, 425, 429})
"""Statuses below 500 worth trying again; so is every status from 500 up."""


@dataclass(frozen=True)
class ApiFusion:
    """Where Fusion is and how to enter it. Times in seconds. Secrets stay out of ``repr``."""

    url: str
    cabecalhos: Mapping[str, str] = field(default_factory=dict, repr=False)
    token_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    escopo: str | None = None
    verificar_tls: bool = True
    ca: str | None = None
    """Path of a CA bundle, where Fusion's certificate comes from the site's own authority."""
    tempo_limite: float = 60.0
    rota_saude: str = "/saude"
    """Answers 200 while Fusion is well; asked before one record's failures are called an outage."""


def espera_pedida(valor: str | None, agora: datetime | None = None) -> float | None:
    """Seconds of a ``Retry-After`` header in either form (seconds or HTTP date); ``None`` when absent or unreadable."""
    if not valor:
        return None
    if re.fullmatch(r"\d{1,9}", valor.strip()):
        return float(valor)
    try:
        quando = parsedate_to_datetime(valor)
    except ValueError:
        return None
    if quando.tzinfo is None:
        quando = quando.replace(tzinfo=UTC)
    return max(0.0, (quando - (agora or datetime.now(UTC))).total_seconds())


def _json(bruto: bytes) -> Any:
    try:
        return json.loads(bruto)
    except ValueError:
        return None


def _objeto(bruto: bytes, rota: str) -> dict[str, Any]:
    """The answer's JSON object; anything else is as good as no answer."""
    dados = _json(bruto)
    if not isinstance(dados, dict):
        raise FusionIndisponivel(0, rota)
    return dados


class ClienteFusion:
    """One pool of connections; use as an async context manager, from one event loop."""

    def __init__(self, api: ApiFusion, conexoes: int = 32) -> None:
        self.api = api
        self.conexoes = conexoes
        self._sessao: aiohttp.ClientSession | None = None
        self._token: tuple[str, float] | None = None

    async def __aenter__(self) -> ClienteFusion:
        # A lock belongs to the event loop on which somebody first waited for it; the token outlives loops.
        self._trava_token = asyncio.Lock()
        contexto: ssl.SSLContext | bool = ssl.create_default_context(cafile=self.api.ca) if self.api.verificar_tls else False
        self._sessao = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.conexoes, keepalive_timeout=60, ssl=contexto),
            timeout=aiohttp.ClientTimeout(total=self.api.tempo_limite, connect=min(10.0, self.api.tempo_limite)),
            headers={"Accept": "application/json", **self.api.cabecalhos},
        )
        return self

    async def __aexit__(self, tipo: type[BaseException] | None, erro: BaseException | None, rastro: TracebackType | None) -> None:
        if self._sessao is not None:
            await self._sessao.close()

    async def enviar(self, metodo: str, rota: str, corpo: bytes | None = None, *, chave: str | None = None) -> dict[str, Any]:
        """Send one request and return Fusion's JSON answer.

        ``chave`` is the Idempotency-Key that makes a repeated send harmless.
        Raises :class:`FusionError` (refused for good), :class:`FusionIndisponivel` (worth trying again) or
        :class:`FusionNaoAutorizado` (credentials, never the record's fault).
        """
        return _objeto(await self._renovar(metodo, rota, corpo, chave), rota)

    async def enviar_bruto(self, rota: str, corpo: bytes, *, tipo: str, chave: str | None = None) -> bytes:
        """POST a body of media type ``tipo`` and return the answer as it came; raises like :meth:`enviar`."""
        return await self._renovar("POST", rota, corpo, chave, tipo)

    async def saude(self) -> None:
        """Return when Fusion says it is well; raises :class:`FusionIndisponivel` when not."""
        _objeto(await self._pedir("GET", self.api.rota_saude, None, None), self.api.rota_saude)

    async def _renovar(self, metodo: str, rota: str, corpo: bytes | None, chave: str | None, tipo: str = _JSON) -> bytes:
        """One request, and once more with a fresh token where the old one was refused."""
        try:
            return await self._pedir(metodo, rota, corpo, chave, tipo)
        except FusionNaoAutorizado as erro:
            if erro.status != 401 or self.api.token_url is None:
                raise
            self._token = None
            return await self._pedir(metodo, rota, corpo, chave, tipo)

    async def _pedir(self, metodo: str, rota: str, corpo: bytes | None, chave: str | None, tipo: str = _JSON) -> bytes:
        assert self._sessao is not None, "use ClienteFusion as an async context manager"
        cabecalhos = {} if corpo is None else {"Content-Type": tipo, "Accept": tipo}
        if chave is not None:
            cabecalhos["Idempotency-Key"] = chave
        if self.api.token_url is not None:
            cabecalhos["Authorization"] = f"Bearer {await self._obter_token()}"
        try:
            async with self._sessao.request(metodo, self.api.url + rota, data=corpo, headers=cabecalhos, allow_redirects=False) as resposta:
                return await self._interpretar(resposta, rota)
        except (aiohttp.ClientError, TimeoutError, OSError):
            # "from None": the chained error may quote the request.
            raise FusionIndisponivel(0, rota) from None

    async def _interpretar(self, resposta: aiohttp.ClientResponse, rota: str) -> bytes:
        situacao = resposta.status
        if situacao in TRANSITORIOS or situacao >= 500:
            await resposta.read()
            raise FusionIndisponivel(situacao, rota, espera_pedida(resposta.headers.get("Retry-After")))
        if situacao in (401, 403):
            raise FusionNaoAutorizado(situacao, rota)
        bruto = await resposta.read()
        if situacao >= 300:
            dados = _json(bruto)
            campo = dados.get("campo") if isinstance(dados, dict) else None
            # Only something that looks like a path is kept: an answer must not carry values into reasons.
            legivel = isinstance(campo, str) and re.fullmatch(r"[\w.\[\]$/-]{1,120}", campo)
            raise FusionError(situacao, rota, campo if legivel else None)
        return bruto

    async def _obter_token(self) -> str:
        """Access token by client credentials, renewed once for all waiters when a tenth of its life (60 s at most) is left."""
        async with self._trava_token:
            if self._token is not None and time.monotonic() < self._token[1]:
                return self._token[0]
            assert self._sessao is not None and self.api.token_url is not None
            formulario = {"grant_type": "client_credentials", "client_id": self.api.client_id, "client_secret": self.api.client_secret}
            if self.api.escopo:
                formulario["scope"] = self.api.escopo
            try:
                async with self._sessao.post(self.api.token_url, data=formulario) as resposta:
                    if resposta.status in (400, 401, 403):
                        raise FusionNaoAutorizado(resposta.status, "token")
                    if resposta.status != 200:
                        raise FusionIndisponivel(resposta.status, "token")
                    dados = await resposta.json(content_type=None)
                    token, duracao = str(dados["access_token"]), float(dados.get("expires_in", 60))
            except (aiohttp.ClientError, TimeoutError, OSError, KeyError, TypeError, ValueError):
                raise FusionIndisponivel(0, "token") from None
            self._token = (token, time.monotonic() + duracao - min(60.0, duracao / 10))
            return token

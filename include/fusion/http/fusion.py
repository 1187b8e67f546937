"""HTTP client of the Fusion API: answers turned into our exceptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from include.fusion.errors import FusionError, FusionIndisponivel, FusionNaoAutorizado
from include.fusion.http.auth import Auth, OAuth2, OAuth2Client
from include.fusion.http.client import HttpClient
from include.fusion.http.message import RETRYABLE, Answer, Request

_JSON = "application/json"


@dataclass(frozen=True)
class ApiFusion:
    """Where Fusion is and how to enter it. Times in seconds. Secrets stay out of ``repr``."""

    url: str
    cabecalhos: Mapping[str, str] = field(default_factory=dict, repr=False)
    oauth2: OAuth2Client | None = None
    verificar_tls: bool = True
    ca: str | None = None
    """Path of a CA bundle, where Fusion's certificate comes from the site's own authority."""
    tempo_limite: float = 60.0
    rota_saude: str = "/saude"
    """Answers 200 while Fusion is well; asked before one record's failures are called an outage."""


class ClienteFusion(HttpClient):
    """One pool of connections; use as an async context manager, from one event loop."""

    unavailable = FusionIndisponivel
    unauthorized = FusionNaoAutorizado

    def __init__(self, api: ApiFusion, conexoes: int = 32) -> None:
        super().__init__(
            OAuth2(api.oauth2) if api.oauth2 else Auth(), connections=conexoes, timeout=api.tempo_limite, headers={"Accept": _JSON, **api.cabecalhos},
            verify=api.verificar_tls, ca=api.ca, cookies=True,
        )  # fmt: skip
        self.api = api

    async def enviar(self, metodo: str, rota: str, corpo: bytes | None = None, *, chave: str | None = None) -> dict[str, Any]:
        """Send one request and return Fusion's JSON answer.

        ``chave`` is the Idempotency-Key that makes a repeated send harmless.
        Raises :class:`FusionError` (refused for good), :class:`FusionIndisponivel` (worth trying again) or
        :class:`FusionNaoAutorizado` (credentials, never the record's fault).
        """
        dados = (await self._pedir(metodo, rota, corpo, chave)).json()
        if not isinstance(dados, dict):
            raise FusionIndisponivel(0, rota)  # As good as no answer.
        return dados

    async def enviar_bruto(self, rota: str, corpo: bytes, *, tipo: str, chave: str | None = None) -> bytes:
        """POST a body of media type ``tipo`` and return the answer as it came; raises like :meth:`enviar`."""
        return (await self._pedir("POST", rota, corpo, chave, tipo)).body

    async def saude(self) -> None:
        """Return when Fusion says it is well; raises :class:`FusionIndisponivel` when not."""
        await self.enviar("GET", self.api.rota_saude)

    async def _pedir(self, metodo: str, rota: str, corpo: bytes | None, chave: str | None, tipo: str = _JSON) -> Answer:
        cabecalhos = {} if corpo is None else {"Content-Type": tipo, "Accept": tipo}
        if chave is not None:
            cabecalhos["Idempotency-Key"] = chave
        resposta = await self.request(Request(metodo, self.api.url + rota, rota, corpo, cabecalhos))
        situacao = resposta.status
        if situacao in RETRYABLE or situacao >= 500:
            raise FusionIndisponivel(situacao, rota, resposta.wait)
        if situacao in (401, 403):
            raise FusionNaoAutorizado(situacao, rota)
        if situacao >= 300:
            dados = resposta.json()
            campo = dados.get("campo") if isinstance(dados, dict) else None
            # Only something that looks like a path is kept: an answer must not carry values into reasons.
            legivel = isinstance(campo, str) and re.fullmatch(r"[\w.\[\]$/-]{1,120}", campo)
            raise FusionError(situacao, rota, campo if legivel else None)
        return resposta

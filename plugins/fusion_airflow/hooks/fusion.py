"""HTTP hook for the Fusion API."""

from __future__ import annotations

import asyncio
import math
from functools import cached_property
from typing import Any

from airflow.providers.http.hooks.http import HttpHook

from include.fusion.wiring.names import (
    ApiFusion,
    ClienteFusion,
    ConfiguracaoInvalida,
    FusionError,
    FusionIndisponivel,
    OAuth2Client,
    basic,
    bearer,
)

AUTENTICACOES = ("nenhuma", "basic", "bearer", "apikey", "oauth2")


class FusionHook(HttpHook):
    """The provider's HTTP connection as a Fusion client: kept connections, errors without bodies, status preserved.

    Connection extra (JSON): ``auth`` (one of nenhuma, basic, bearer, apikey, oauth2; left out: basic with login and password, bearer with
    a password alone), ``api_key_header`` (X-API-Key), ``token_url`` and ``scope`` (oauth2; login and password are client id and secret),
    ``headers`` (object), ``timeout`` (seconds), ``verify`` (true, or the path of a CA bundle).
    """

    default_conn_name = "fusion_api"

    def __init__(self, fusion_conn_id: str = default_conn_name) -> None:
        super().__init__(method="POST", http_conn_id=fusion_conn_id)

    @cached_property
    def api(self) -> ApiFusion:
        """Address and credentials of this connection; :class:`ConfiguracaoInvalida` when they do not fit together."""
        self.get_conn()  # sets base_url
        conexao = self.get_connection(self.http_conn_id)
        extra = conexao.extra_dejson
        login, senha = conexao.login, conexao.password
        auth = extra.get("auth") or ("basic" if login else "bearer" if senha else "nenhuma")
        if auth not in AUTENTICACOES:
            raise ConfiguracaoInvalida(f"connection '{self.http_conn_id}': extra.auth must be one of {', '.join(AUTENTICACOES)}")
        if auth != "nenhuma" and not senha:
            raise ConfiguracaoInvalida(f"connection '{self.http_conn_id}': auth '{auth}' needs the password field")
        if auth == "oauth2" and not (login and extra.get("token_url")):
            raise ConfiguracaoInvalida(f"connection '{self.http_conn_id}': auth 'oauth2' needs login (client id) and extra.token_url")
        verificar = extra.get("verify", True)
        return ApiFusion(
            url=self.base_url.rstrip("/"),
            cabecalhos={**_cabecalhos(auth, login, senha, extra), **extra.get("headers", {})},
            oauth2=OAuth2Client(login, senha, token_url=extra["token_url"], scope=extra.get("scope")) if auth == "oauth2" else None,
            verificar_tls=verificar is not False,
            ca=verificar if isinstance(verificar, str) else None,
            tempo_limite=self._tempo_limite(extra.get("timeout", 60)),
        )

    def _tempo_limite(self, valor: Any) -> float:
        try:
            segundos = float(valor)
        except (ValueError, TypeError):
            segundos = 0.0
        if not 0 < segundos < math.inf:
            raise ConfiguracaoInvalida(f"connection '{self.http_conn_id}': extra.timeout needs a number of seconds above zero")
        return segundos

    def cliente(self, conexoes: int = 32) -> ClienteFusion:
        """Client for one run; at most ``conexoes`` requests travel at once."""
        return ClienteFusion(self.api, conexoes)

    def test_connection(self) -> tuple[bool, str]:
        """For the UI's Test button: credentials included."""

        async def consultar() -> None:
            async with self.cliente(1) as cliente:
                await cliente.saude()

        try:
            asyncio.run(consultar())
        except (FusionError, FusionIndisponivel, ConfiguracaoInvalida) as erro:
            return False, str(erro)
        return True, "Fusion respondeu"


def _cabecalhos(auth: str, login: str | None, senha: str | None, extra: dict[str, Any]) -> dict[str, str]:
    if auth == "basic":
        return basic(login or "", senha or "")
    if auth == "bearer":
        return bearer(senha or "")
    if auth == "apikey":
        return {str(extra.get("api_key_header", "X-API-Key")): str(senha)}
    return {}

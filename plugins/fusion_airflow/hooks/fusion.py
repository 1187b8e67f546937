"""HTTP hook for the Fusion API."""

from __future__ import annotations

import asyncio
import math
from functools import cached_property
from typing import Any

from airflow.providers.http.hooks.http import HttpHook

from include.fusion.wiring.names import (
    FusionApi,
    FusionClient,
    FusionError,
    FusionUnavailable,
    InvalidConfiguration,
    OAuth2Client,
    basic,
    bearer,
    leaves_unprotected,
)

AUTH_KINDS = ("nenhuma", "basic", "bearer", "apikey", "oauth2")


class FusionHook(HttpHook):
    """The provider's HTTP connection as a Fusion client: kept connections, errors with status and without bodies.

    Connection extra (JSON): ``auth`` (nenhuma, basic, bearer, apikey, oauth2; default: basic with a login, bearer with only a password),
    ``api_key_header`` (X-API-Key), ``token_url`` and ``scope`` (oauth2; login and password are client id and secret), ``headers``
    (object), ``timeout`` (seconds), ``verify`` (true, or the path of a CA bundle), ``permite_http`` (true: requests and tokens may leave
    this machine without TLS; default: they may not).
    """

    default_conn_name = "fusion_api"

    def __init__(self, fusion_conn_id: str = default_conn_name) -> None:
        super().__init__(method="POST", http_conn_id=fusion_conn_id)

    @cached_property
    def api(self) -> FusionApi:
        """Address and credentials. :raises InvalidConfiguration: they do not fit together."""
        self.get_conn()  # sets base_url
        connection = self.get_connection(self.http_conn_id)
        extra = connection.extra_dejson
        login, password = connection.login, connection.password
        auth = extra.get("auth") or ("basic" if login else "bearer" if password else "nenhuma")
        if auth not in AUTH_KINDS:
            raise InvalidConfiguration(f"connection '{self.http_conn_id}': extra.auth must be one of {', '.join(AUTH_KINDS)}")
        if auth != "nenhuma" and not password:
            raise InvalidConfiguration(f"connection '{self.http_conn_id}': auth '{auth}' needs the password field")
        if auth == "oauth2" and not (login and extra.get("token_url")):
            raise InvalidConfiguration(f"connection '{self.http_conn_id}': auth 'oauth2' needs login (client id) and extra.token_url")
        token_url = str(extra["token_url"]) if auth == "oauth2" else None
        self._demand_tls(self.base_url, token_url or "", allowed=extra.get("permite_http") is True)
        verify = extra.get("verify", True)
        return FusionApi(
            url=self.base_url.rstrip("/"),
            headers={**_headers(auth, login, password, extra), **extra.get("headers", {})},
            oauth2=OAuth2Client(login, password, token_url=token_url, scope=extra.get("scope")) if token_url else None,
            verify_tls=verify is not False,
            ca=verify if isinstance(verify, str) else None,
            time_limit=self._time_limit(extra.get("timeout", 60)),
        )

    def _demand_tls(self, *urls: str, allowed: bool) -> None:
        if not allowed and any(leaves_unprotected(url) for url in urls):
            raise InvalidConfiguration(
                f"conexão '{self.http_conn_id}': o endereço ou a token_url não usa TLS, e pacientes e senhas passariam abertos pela rede; use "
                'https ou, se essa rede é protegida de outro modo, ponha "permite_http": true no extra da conexão'
            )

    def _time_limit(self, value: Any) -> float:
        try:
            seconds = float(value)
        except (ValueError, TypeError):
            seconds = 0.0
        if not 0 < seconds < math.inf:
            raise InvalidConfiguration(f"connection '{self.http_conn_id}': extra.timeout needs a number of seconds above zero")
        return seconds

    def client(self, connections: int = 32) -> FusionClient:
        """Client for one run, with at most ``connections`` requests at once."""
        return FusionClient(self.api, connections)

    def test_connection(self) -> tuple[bool, str]:
        """For the UI's Test button: credentials included."""

        async def ask() -> None:
            async with self.client(1) as client:
                await client.health()

        try:
            asyncio.run(ask())
        except (FusionError, FusionUnavailable, InvalidConfiguration) as error:
            return False, str(error)
        return True, "Fusion respondeu"


def _headers(auth: str, login: str | None, password: str | None, extra: dict[str, Any]) -> dict[str, str]:
    if auth == "basic":
        return basic(login or "", password or "")
    if auth == "bearer":
        return bearer(password or "")
    if auth == "apikey":
        return {str(extra.get("api_key_header", "X-API-Key")): str(password)}
    return {}

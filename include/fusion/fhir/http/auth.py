"""How requests of a tenant identify themselves: OAuth2 client credentials (secret or signed JWT), Basic, API key."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.fhir.config.model import ApiKey, Basic, Configuracao, OAuth2
from include.fusion.fhir.http.errors import FhirIndisponivel, FhirNaoAutorizado, transitorio
from include.fusion.fhir.http.tokens import SEM_PRAZO, CacheTokens, Token
from include.fusion.http.fusion import espera_pedida

_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VALIDADE_JWT = 240
"""Seconds; SMART allows five minutes at most, and clocks differ."""


class Autenticador:
    """Headers for each request of one tenant. ``renovavel``: a 401 may be cured by a new token."""

    def __init__(self, tenant_id: str, config: Configuracao, cache: CacheTokens) -> None:
        self.tenant_id = tenant_id
        self._config = config
        self._credencial = config.auth_config
        self._cache = cache
        self._trava = asyncio.Lock()
        self._token: Token | None = None
        self._token_url = self._credencial.token_url if isinstance(self._credencial, OAuth2) else None
        self.renovavel = isinstance(self._credencial, OAuth2)

    async def cabecalhos(self, sessao: aiohttp.ClientSession) -> dict[str, str]:
        """:class:`FhirNaoAutorizado` or :class:`FhirIndisponivel` when there is no token to be had."""
        credencial = self._credencial
        if isinstance(credencial, Basic):
            par = f"{credencial.username}:{credencial.password}".encode()
            return {"Authorization": "Basic " + base64.b64encode(par).decode()}
        if isinstance(credencial, ApiKey):
            return {credencial.api_key_header: credencial.api_key}
        async with self._trava:
            if self._token is None or time.time() >= self._token.renovar_em:
                self._token = await self._obter(sessao, credencial)
            return {"Authorization": f"Bearer {self._token.valor}"}

    async def recusado(self, cabecalhos: Mapping[str, str]) -> None:
        """The server answered 401 to these headers: drop that very token, here and for the other tasks."""
        valor = cabecalhos.get("Authorization", "").removeprefix("Bearer ")
        async with self._trava:
            if self._token is not None and self._token.valor == valor:
                self._token = None
            if isinstance(self._credencial, OAuth2) and self._token_url is not None:
                await asyncio.to_thread(self._cache.largar, self._acesso(self._credencial), valor)

    def _acesso(self, credencial: OAuth2) -> tuple[str, ...]:
        return (self.tenant_id, self._token_url or "", credencial.client_id, credencial.scope)

    async def _obter(self, sessao: aiohttp.ClientSession, credencial: OAuth2) -> Token:
        if self._token_url is None:
            self._token_url = await self._descobrir(sessao)
        acesso = self._acesso(credencial)
        if (guardado := await asyncio.to_thread(self._cache.ler, acesso)) is not None:
            return guardado
        async with self._cache.trava(acesso):
            # Whoever held the lock before us has probably fetched it.
            if (guardado := await asyncio.to_thread(self._cache.ler, acesso)) is not None:
                return guardado
            token = await self._pedir(sessao, credencial, self._token_url)
            await asyncio.to_thread(self._cache.guardar, acesso, token)
            return token

    async def _pedir(self, sessao: aiohttp.ClientSession, credencial: OAuth2, token_url: str) -> Token:
        formulario = {"grant_type": "client_credentials"} | ({"scope": credencial.scope} if credencial.scope else {})
        cabecalhos = {"Accept": "application/json"}
        if credencial.private_key is not None:
            formulario |= {"client_assertion_type": _JWT, "client_assertion": assinar(credencial, token_url)}
        elif credencial.token_auth == "basic":  # noqa: S105 - a way, not a password
            par = f"{quote(credencial.client_id, safe='')}:{quote(credencial.client_secret or '', safe='')}".encode()
            cabecalhos["Authorization"] = "Basic " + base64.b64encode(par).decode()
        else:
            formulario |= {"client_id": credencial.client_id, "client_secret": credencial.client_secret or ""}
        dados = await _json(sessao, "POST", token_url, "token", data=formulario, headers=cabecalhos)
        try:
            valor, duracao = dados["access_token"], float(dados.get("expires_in") or SEM_PRAZO)
            if not isinstance(valor, str) or not valor.isprintable() or str(dados.get("token_type", "bearer")).lower() != "bearer":
                raise TypeError
        except (KeyError, TypeError, ValueError):
            raise FhirIndisponivel(0, "token") from None
        return Token.de(valor, duracao)

    async def _descobrir(self, sessao: aiohttp.ClientSession) -> str:
        dados = await _json(sessao, "GET", f"{self._config.base_url}/.well-known/smart-configuration", "smart-configuration")
        url = str(dados.get("token_endpoint", ""))
        if urlsplit(url).scheme != urlsplit(self._config.base_url).scheme:
            raise ConfiguracaoInvalida("o servidor FHIR não diz onde pedir o token: informe tokenUrl")
        return url


def assinar(credencial: OAuth2, token_url: str) -> str:
    """The client's signed assertion (SMART Backend Services); :class:`ConfiguracaoInvalida` when key and algorithm do not fit."""
    import jwt

    agora = int(time.time())
    afirmacoes = {
        "iss": credencial.client_id, "sub": credencial.client_id, "aud": token_url, "iat": agora, "exp": agora + VALIDADE_JWT,
        "jti": secrets.token_urlsafe(24),
    }  # fmt: skip
    cabecalho = {"kid": credencial.kid} if credencial.kid else {}
    try:
        return jwt.encode(afirmacoes, credencial.private_key or "", algorithm=credencial.alg, headers=cabecalho)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise ConfiguracaoInvalida(f"authConfig.privateKey não serve para {credencial.alg}") from None


async def _json(sessao: aiohttp.ClientSession, metodo: str, url: str, onde: str, **opcoes: Any) -> dict[str, Any]:
    try:
        async with sessao.request(metodo, url, allow_redirects=False, **opcoes) as resposta:
            if transitorio(resposta.status, None):
                raise FhirIndisponivel(resposta.status, onde, espera=espera_pedida(resposta.headers.get("Retry-After")))
            if resposta.status != 200:
                raise FhirNaoAutorizado(resposta.status, onde)
            dados = await resposta.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        raise FhirIndisponivel(0, onde) from None
    if not isinstance(dados, dict):
        raise FhirIndisponivel(0, onde)
    return dados

"""How requests identify themselves: as a flow of requests and answers, so that the one client sends all of them."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from include.fusion.errors import InvalidConfiguration
from include.fusion.http.message import RETRYABLE, Answer, Request
from include.fusion.http.tokens import NO_EXPIRY, Token, TokenStore

_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_VALIDITY = 240
"""Seconds; SMART allows five minutes at most, and clocks differ."""


class NoToken(Exception):
    """No token to be had: ``refused`` (our credentials are wrong), else worth asking again. The client says it in its own words."""

    def __init__(self, where: str, status: int = 0, *, refused: bool = False, wait: float | None = None) -> None:
        super().__init__(f"{where}: HTTP {status}")
        self.where, self.status, self.refused, self.wait = where, status, refused, wait


class Auth:
    """The same headers on every request; none: no credentials."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._headers = dict(headers or {})

    def bind(self) -> None:
        """The client opens on the running event loop."""

    async def flow(self, request: Request | None) -> AsyncGenerator[Request, Answer]:
        """What to send, one after another; each answer is sent back in, the last one is the request's own.

        ``None`` asks only for what comes before a request. Raises :class:`NoToken`, ``InvalidConfiguration``.
        """
        if request is not None:
            yield request.with_headers(self._headers) if self._headers else request


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class OAuth2Client:
    """Client credentials: with ``client_secret``, or SMART Backend Services with ``private_key`` (PEM), ``kid`` and ``alg``."""

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    kid: str | None = None
    alg: str = "RS384"
    token_url: str | None = None
    scope: str | None = None
    token_auth: str = "post"  # noqa: S105 - a way (post, basic), not a password


class OAuth2(Auth):
    """A token for every request, fetched once for all that wait for it; a 401 is answered once with a new one.

    Without a token URL the server at ``base_url`` is asked for it (SMART discovery). ``owner`` tells accesses in a shared store apart.
    """

    def __init__(self, client: OAuth2Client, store: TokenStore | None = None, *, owner: str = "", base_url: str = "") -> None:
        self._client = client
        self._store = store or TokenStore()
        self._owner = owner
        self._base_url = base_url
        self._token_url = client.token_url
        self._token: Token | None = None

    def bind(self) -> None:
        # A lock belongs to the event loop on which somebody first waited for it; the token outlives loops.
        self._one_renewal = asyncio.Lock()

    async def flow(self, request: Request | None) -> AsyncGenerator[Request, Answer]:
        for _ in range(2):
            async with self._one_renewal:
                if self._token_url is None:
                    asked = Request("GET", f"{self._base_url}/.well-known/smart-configuration", "smart-configuration")
                    self._token_url = self._endpoint((yield asked))
                access = (self._owner, self._token_url, self._client.client_id, self._client.scope or "")
                if self._token is None or time.time() >= self._token.renovar_em:
                    async with self._store.lock(access):
                        # Whoever held the lock before us has probably fetched it.
                        self._token = await asyncio.to_thread(self._store.read, access)
                        if self._token is None:
                            self._token = _token((yield _token_request(self._client, self._token_url)))
                            await asyncio.to_thread(self._store.store, access, self._token)
                token = self._token
            if request is None or (yield request.with_headers(bearer(token.valor))).status != 401:
                return
            # That very token: another request may have renewed it meanwhile.
            async with self._one_renewal:
                if self._token is token:
                    self._token = None
                await asyncio.to_thread(self._store.drop, access, token.valor)

    def _endpoint(self, answer: Answer) -> str:
        url = str(_object(answer, "smart-configuration").get("token_endpoint", ""))
        if urlsplit(url).scheme != urlsplit(self._base_url).scheme:
            raise InvalidConfiguration("o servidor FHIR não diz onde pedir o token: informe tokenUrl")
        return url


def _token_request(client: OAuth2Client, token_url: str) -> Request:
    form = {"grant_type": "client_credentials"} | ({"scope": client.scope} if client.scope else {})
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    secret = client.client_secret or ""
    if client.private_key is not None:
        form |= {"client_assertion_type": _JWT, "client_assertion": sign(client, token_url)}
    elif client.token_auth == "basic":  # noqa: S105 - a way, not a password
        headers |= basic(quote(client.client_id, safe=""), quote(secret, safe=""))
    else:
        form |= {"client_id": client.client_id, "client_secret": secret}
    return Request("POST", token_url, "token", urlencode(form).encode(), headers)


def sign(client: OAuth2Client, token_url: str) -> str:
    """The client's signed assertion (SMART Backend Services); :class:`InvalidConfiguration` when key and algorithm do not fit."""
    import jwt

    now = int(time.time())
    claims = {
        "iss": client.client_id, "sub": client.client_id, "aud": token_url, "iat": now, "exp": now + JWT_VALIDITY,
        "jti": secrets.token_urlsafe(24),
    }  # fmt: skip
    try:
        return jwt.encode(claims, client.private_key or "", algorithm=client.alg, headers={"kid": client.kid} if client.kid else {})
    except (ValueError, TypeError, jwt.PyJWTError):
        raise InvalidConfiguration(f"authConfig.privateKey não serve para {client.alg}") from None


def _object(answer: Answer, where: str) -> dict[str, object]:
    if answer.status in RETRYABLE or answer.status >= 500:
        raise NoToken(where, answer.status, wait=answer.wait)
    if answer.status != 200:
        raise NoToken(where, answer.status, refused=True)
    data = answer.json()
    if not isinstance(data, dict):
        raise NoToken(where)
    return data


def _token(answer: Answer) -> Token:
    data = _object(answer, "token")
    value, life = data.get("access_token"), data.get("expires_in") or NO_EXPIRY
    try:
        if not isinstance(value, str) or not value.isprintable() or str(data.get("token_type", "bearer")).lower() != "bearer":
            raise TypeError
        return Token.of(value, float(life))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise NoToken("token") from None

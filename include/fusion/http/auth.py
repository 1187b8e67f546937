"""Authentication of requests, as a flow of requests and answers: so the one client also sends the requests for tokens."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from include.fusion.errors import InvalidConfiguration
from include.fusion.http.message import Answer, Request
from include.fusion.http.tokens import NO_EXPIRY, Token, TokenStore

_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_VALIDITY = 240
"""Seconds; SMART allows five minutes at most, and machines' clocks differ."""


class NoToken(Exception):
    """No token. ``refused``: our credentials are wrong; otherwise ask again after ``wait`` seconds. The client raises its own error for it."""

    def __init__(self, where: str, status: int = 0, *, refused: bool = False, wait: float | None = None) -> None:
        super().__init__(f"{where}: HTTP {status}")
        self.where, self.status, self.refused, self.wait = where, status, refused, wait


class Auth:
    """The same headers on every request; without headers: no credentials."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._headers = dict(headers or {})

    def bind(self) -> None:
        """Called when the client opens, on its event loop."""

    async def flow(self, request: Request | None) -> AsyncGenerator[Request, Answer]:
        """Yields requests and takes their answers; the last one is ``request`` itself, or nothing for ``None`` (only authenticate).

        Raises :class:`NoToken`, ``InvalidConfiguration``.
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
    """A token on every request. One fetch serves all requests that wait; after a 401, one more try with a new token.

    Without a token URL, the server at ``base_url`` tells it (SMART discovery). ``owner``: whose token it is, in a shared store.
    """

    def __init__(self, client: OAuth2Client, store: TokenStore | None = None, *, owner: str = "", base_url: str = "") -> None:
        self._client = client
        self._store = store or TokenStore()
        self._owner = owner
        self._base_url = base_url
        self._token_url = client.token_url
        self._token: Token | None = None

    def bind(self) -> None:
        # A lock works on one event loop only; the token is good for later loops, too.
        self._renewal = asyncio.Lock()

    async def flow(self, request: Request | None) -> AsyncGenerator[Request, Answer]:
        for _ in range(2):
            async with self._renewal:
                if self._token_url is None:
                    asked = Request("GET", f"{self._base_url}/.well-known/smart-configuration", "smart-configuration")
                    self._token_url = self._endpoint((yield asked))
                access = (self._owner, self._token_url, self._client.client_id, self._client.scope or "")
                if self._token is None or time.time() >= self._token.renovar_em:
                    async with self._store.lock(access):
                        # The one that held the lock before us has probably fetched it.
                        self._token = await asyncio.to_thread(self._store.read, access)
                        if self._token is None:
                            self._token = _token((yield _token_request(self._client, self._token_url)))
                            await asyncio.to_thread(self._store.store, access, self._token)
                token = self._token
            if request is None or (yield request.with_headers(bearer(token.valor))).status != 401:
                return
            # Only this token: another request may have renewed it meanwhile.
            async with self._renewal:
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
    claims = {"iss": client.client_id, "sub": client.client_id, "aud": token_url, "jti": secrets.token_urlsafe(24)}
    try:
        return jwt.encode(
            {**claims, "iat": now, "exp": now + JWT_VALIDITY},
            client.private_key or "",
            algorithm=client.alg,
            headers={"kid": client.kid} if client.kid else {},
        )
    except (ValueError, TypeError, jwt.PyJWTError):
        raise InvalidConfiguration(f"authConfig.privateKey não serve para {client.alg}") from None


def _object(answer: Answer, where: str) -> dict[str, object]:
    if answer.try_again:
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

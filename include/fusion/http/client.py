"""The HTTP client that all requests use: it keeps connections, limits the size of answers, follows no redirect, quotes no body in errors."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import KW_ONLY, dataclass, field
from functools import lru_cache
from typing import ClassVar, Self

import aiohttp

from include.fusion.http.auth import Auth, NoToken
from include.fusion.http.message import Answer, Request

BODY_MAX = 64 * 1024 * 1024
"""Longest answer, in bytes; see :meth:`HttpClient.too_long`."""


@lru_cache(maxsize=1)
def _public() -> ssl.SSLContext:
    """One for all clients: to read the authorities' certificates takes longer than a request."""
    return ssl.create_default_context()


@dataclass(eq=False, repr=False)
class HttpClient:
    """One pool of connections to one server; use as an async context manager, from one event loop.

    ``timeout``: seconds for a request with its answer. ``ca``: path of a CA bundle, for a certificate of the site's own authority.
    ``cookies``: keep the server's cookies, since a load balancer may need them.
    """

    unavailable: ClassVar[type[Exception]]
    """No usable answer. Made from the status (0: no answer), ``where`` and the wait in seconds that the server asked for, if any."""
    unauthorized: ClassVar[type[Exception]]
    """The server refuses our credentials. Made from the status and ``where``."""

    auth: Auth
    _: KW_ONLY
    connections: int
    timeout: float
    headers: Mapping[str, str]
    verify: bool = True
    ca: str | None = None
    cookies: bool = False
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        self.auth.bind()
        tls = False if not self.verify else ssl.create_default_context(cafile=self.ca) if self.ca else _public()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.connections, keepalive_timeout=60, ssl=tls),
            timeout=aiohttp.ClientTimeout(total=self.timeout, connect=min(10.0, self.timeout)),
            headers=self.headers,
            cookie_jar=None if self.cookies else aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._session is not None:
            await self._session.close()

    def too_long(self, status: int, where: str) -> Exception:
        """What to raise when the answer is longer than ``BODY_MAX``."""
        return self.unavailable(0, where)

    async def authenticate(self) -> None:
        """Fetch a token now, if one is needed; raises like :meth:`request`."""
        await self._follow(None)

    async def request(self, request: Request) -> Answer:
        """The answer to one request. Raises ``unavailable``, ``unauthorized``, what ``too_long`` gives, or ``InvalidConfiguration``."""
        answer = await self._follow(request)
        assert answer is not None
        return answer

    async def _follow(self, request: Request | None) -> Answer | None:
        answer: Answer | None = None
        async with aclosing(self.auth.flow(request)) as flow:
            try:
                while True:
                    answer = await self._exchange(await flow.asend(answer))  # type: ignore[arg-type]
            except StopAsyncIteration:
                return answer
            except NoToken as error:
                if error.refused:
                    raise self.unauthorized(error.status, error.where) from None
                raise self.unavailable(error.status, error.where, error.wait) from None

    async def _exchange(self, request: Request) -> Answer:
        assert self._session is not None, "use the client as an async context manager"
        try:
            async with self._session.request(
                request.method, request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as answer:
                body = await answer.content.read(BODY_MAX + 1)
                while len(body) <= BODY_MAX and (more := await answer.content.read(BODY_MAX + 1 - len(body))):
                    body += more
                if len(body) > BODY_MAX:
                    raise self.too_long(answer.status, request.where)
                return Answer(answer.status, answer.headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError):
            # "from None": the chained error may quote the request.
            raise self.unavailable(0, request.where) from None

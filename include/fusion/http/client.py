"""The one way out over HTTP: kept connections, whole answers of a bearable size, no redirect followed, no body ever in a message."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import aclosing
from functools import lru_cache
from types import TracebackType
from typing import ClassVar, Self

import aiohttp

from include.fusion.http.auth import Auth, NoToken
from include.fusion.http.message import Answer, Request

BODY_MAX = 64 * 1024 * 1024
"""Bytes of an answer; a longer one is cut off."""


@lru_cache(maxsize=1)
def _public() -> ssl.SSLContext:
    """One for all clients: reading the authorities' certificates takes longer than a request."""
    return ssl.create_default_context()


class HttpClient:
    """One pool of connections to one server; use as an async context manager, from one event loop.

    ``timeout`` in seconds, for a request with its answer. ``ca``: path of a bundle, where the certificate comes from the site's own authority.
    ``cookies``: keep those that the server sets, as a load balancer may want it.
    """

    unavailable: ClassVar[type[Exception]]
    """No usable answer: made of the status (0: none at all), ``where`` and, if the server asked for one, the wait in seconds."""
    unauthorized: ClassVar[type[Exception]]
    """Our credentials are refused: made of the status and ``where``."""

    def __init__(
        self, auth: Auth, *, connections: int, timeout: float, headers: Mapping[str, str],
        verify: bool = True, ca: str | None = None, cookies: bool = False,
    ) -> None:  # fmt: skip
        self._auth = auth
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(10.0, timeout))
        self._headers = headers
        self._verify, self._ca, self._cookies = verify, ca, cookies
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._auth.bind()
        tls = False if not self._verify else ssl.create_default_context(cafile=self._ca) if self._ca else _public()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=60, ssl=tls),
            timeout=self._timeout,
            headers=self._headers,
            cookie_jar=None if self._cookies else aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    def too_long(self, status: int, where: str) -> Exception:
        """What to raise when the answer is longer than ``BODY_MAX``."""
        return self.unavailable(0, where)

    async def authenticate(self) -> None:
        """Fetch a token now, where one is needed; raises as a request would."""
        await self._follow(None)

    async def request(self, request: Request) -> Answer:
        """The answer to one request, identified; raises only what is named above, and ``InvalidConfiguration``."""
        answer = await self._follow(request)
        assert answer is not None
        return answer

    async def _follow(self, request: Request | None) -> Answer | None:
        answer: Answer | None = None
        async with aclosing(self._auth.flow(request)) as flow:
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

"""HTTP client of Fusion's API; it turns answers into our exceptions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

from include.fusion.errors import RECORD_UNKNOWN, SEQUENCE_OLD, FusionError, FusionUnauthorized, FusionUnavailable
from include.fusion.http.auth import Auth, OAuth2, OAuth2Client
from include.fusion.http.client import HttpClient
from include.fusion.http.message import Answer, Request

_JSON = "application/json"
KEYS_PAGE = 5000
"""Records in a page of Fusion's list of keys."""
KEYS_ASKED = 100
"""Codes in one question about some records: an address must stay short."""
_NO_ROUTE = (404, 405, 410, 501)


class FusionKey(NamedTuple):
    """What Fusion has of one record: its code, the hash of its content, whether it is cancelled."""

    codigo: str
    versao: str
    cancelado: bool


@dataclass(frozen=True)
class FusionApi:
    """Address and access of Fusion's API. Times in seconds. ``repr`` shows no secret."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    oauth2: OAuth2Client | None = None
    verify_tls: bool = True
    ca: str | None = None
    """Path of a CA bundle, when Fusion's certificate is of the site's own authority."""
    time_limit: float = 60.0
    health_path: str = "/saude"
    """Answers 200 while Fusion is well; asked before failures of one record count as an outage."""


class FusionClient(HttpClient):
    """One pool of connections; use as an async context manager, from one event loop."""

    unavailable = FusionUnavailable
    unauthorized = FusionUnauthorized

    def __init__(self, api: FusionApi, connections: int = 32) -> None:
        super().__init__(
            OAuth2(api.oauth2) if api.oauth2 else Auth(), connections=connections, timeout=api.time_limit, headers={"Accept": _JSON, **api.headers},
            verify=api.verify_tls, ca=api.ca, cookies=True,
        )  # fmt: skip
        self.api = api

    async def send(
        self, method: str, path: str, body: bytes | None = None, *, key: str | None = None, sequence: int | None = None
    ) -> dict[str, Any]:
        """Send one request and return Fusion's JSON answer. ``key``: Idempotency-Key, which makes a repeated send harmless.
        ``sequence``: Record-Sequence, which grows with each new content of a record; Fusion refuses a smaller one.

        Raises :class:`FusionError` (refused for good), :class:`FusionUnavailable` (try again) or :class:`FusionUnauthorized` (credentials).
        """
        data = (await self._ask(method, path, body, key, sequence=sequence)).json()
        if not isinstance(data, dict) or (key is not None and "aplicado" not in data):
            raise FusionUnavailable(0, path)  # Some proxy or login page answered, so Fusion did not.
        return data

    async def send_raw(self, path: str, body: bytes, *, kind: str, key: str | None = None) -> bytes:
        """POST a body of media type ``kind`` and return the answer as it came; raises like :meth:`send`."""
        return (await self._ask("POST", path, body, key, kind)).body

    async def health(self) -> None:
        """Return when Fusion says it is well; raises :class:`FusionUnavailable` when not."""
        await self.send("GET", self.api.health_path)

    async def keys(self, path: str, number: int, *, after: str = "", codes: Sequence[str] = ()) -> list[FusionKey] | None:
        """What Fusion has of the records of one kind (``path``: their controller) and integration: a page of at most ``KEYS_PAGE``.

        ``after``: the last code of the page before. ``codes``: only these (at most ``KEYS_ASKED``). ``None``: this Fusion has no such list.
        Raises like :meth:`send`.
        """
        query = [("integracaoId", str(number)), ("limite", str(KEYS_PAGE)), *([("depoisDe", after)] if after else [])]
        try:
            data = await self.send("GET", f"{path}?{urlencode([*query, *(('codigo', code) for code in codes)])}")
        except FusionUnauthorized:
            raise
        except (FusionUnavailable, FusionError) as error:
            if error.status in _NO_ROUTE:
                return None
            raise FusionUnavailable(error.status, path, getattr(error, "retry_after", None)) from None
        try:
            return [FusionKey(str(x["codigo"]), str(x["versaoConteudo"]), x["cancelado"] is True) for x in data["itens"]]
        except (KeyError, TypeError):
            return None  # A list of something else.

    async def prove(self, path: str) -> bool:
        """Whether Fusion itself answers a read of ``path`` with our credentials, whatever it says of the record; ``False`` when only its
        health page says that it is well, since it has no such route. Raises :class:`FusionUnavailable` when it is not there."""
        try:
            await self.send("GET", path)
        except FusionError:
            return True
        except FusionUnavailable as error:
            if error.status not in _NO_ROUTE:
                raise
        else:
            return True
        with suppress(FusionError):  # It answers, if only that it has no such page.
            await self.health()
        return False

    async def _ask(
        self, method: str, path: str, body: bytes | None, key: str | None, kind: str = _JSON, sequence: int | None = None
    ) -> Answer:
        headers = {} if body is None else {"Content-Type": kind, "Accept": kind}
        if key is not None:
            headers["Idempotency-Key"] = key
        if sequence:
            headers["Record-Sequence"] = str(sequence)
        response = await self.request(Request(method, self.api.url + path, path, body, headers))
        status = response.status
        if response.try_again:
            raise FusionUnavailable(status, path, response.wait)
        if status in (401, 403):
            raise FusionUnauthorized(status, path)
        if status >= 300:
            data = response.json()
            field, problem = (data.get("campo"), data.get("type")) if isinstance(data, dict) else (None, None)
            # Keep only what looks like a path: values of the answer must not get into reasons.
            readable = isinstance(field, str) and re.fullmatch(r"[\w.\[\]$/-]{1,120}", field)
            known = problem if problem in (RECORD_UNKNOWN, SEQUENCE_OLD) else None
            if status in (404, 405, 410) and not readable and known is None:
                raise FusionUnavailable(status, path)  # A proxy without its route, or a Fusion half started: no record is at fault.
            raise FusionError(status, path, field if readable else None, known)
        return response

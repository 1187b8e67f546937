"""HTTP client of one tenant's FHIR server: the seed's retries, one new token after a 401, answers as resources or as our own errors."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from yarl import URL

from include.fusion.fhir.config.model import ApiKey, Basic, FhirConfig, origin_of
from include.fusion.fhir.http.errors import FhirRefused, FhirUnauthorized, FhirUnavailable, error_for, exhausted, is_transient
from include.fusion.fhir.http.log import log_event
from include.fusion.fhir.mapping.validate import as_json, from_json
from include.fusion.http.auth import Auth, OAuth2, OAuth2Client, basic
from include.fusion.http.client import HttpClient
from include.fusion.http.message import Answer, Request
from include.fusion.http.tokens import TokenStore

FHIR_JSON = "application/fhir+json"
WAIT_MAX = 300.0
"""Longest wait that a server may ask of us within one request; beyond it the request has failed."""
PAGES_MAX = 100_000
POLLING_MAX = 600.0
_ETAG = re.compile(r'(?:W/)?"([^"]*)"')


@dataclass(frozen=True)
class Response:
    """One final answer below 400. ``versao`` of the ETag, ``id`` of the resource that was written."""

    status: int
    body: Any = field(repr=False)
    versao: str | None = None
    id: str | None = None


def waits(config: FhirConfig) -> Iterator[float]:
    """Seconds before the second and each later attempt: initialDelay × multiplier^n, maxDelay at most, maxRetries of them (seed 002)."""
    wait, maximum = config.initial_delay / 1000, config.max_delay / 1000
    for _ in range(config.max_retries):
        yield min(wait, maximum)
        wait = min(wait * config.backoff_multiplier, maximum)


def by_identifier(system: str, value: str) -> str:
    """Search for one business identifier. A comma, bar, dollar or backslash in the value would be a search parameter's own syntax."""
    for special in "\\,|$":
        value = value.replace(special, f"\\{special}")
    return f"identifier={quote(f'{system}|{value}', safe=':/|')}"


def _is_entry(entry: Any) -> bool:
    """Whether an entry of an answer can be read: an object, and so are its parts where it has them."""
    return isinstance(entry, dict) and all(isinstance(entry.get(part) or {}, dict) for part in ("response", "resource"))


def version_of(etag: str | None) -> str | None:
    """Version id in an ETag, weak or strong."""
    found_one = _ETAG.fullmatch((etag or "").strip())
    return found_one.group(1) if found_one else None


def id_from(location: str | None, kind: str) -> str | None:
    """Resource id in ``[base]/Type/id/_history/v``."""
    match = re.search(rf"(?:^|/){kind}/([A-Za-z0-9.-]{{1,64}})(?:/_history/|$)", location or "")
    return match.group(1) if match else None


def auth_of(tenant_id: str, config: FhirConfig, tokens: TokenStore) -> Auth:
    """How the requests of one tenant identify themselves."""
    credential = config.auth_config
    if isinstance(credential, Basic):
        return Auth(basic(credential.username, credential.password))
    if isinstance(credential, ApiKey):
        return Auth({credential.api_key_header: credential.api_key})
    client = OAuth2Client(**credential.model_dump(exclude={"webhook_secret"}))
    return OAuth2(client, tokens, owner=tenant_id, base_url=config.base_url)


class FhirClient(HttpClient):
    """One pool of connections; use as an async context manager. ``tokens``: where access tokens are shared; ``sleep`` is where it waits."""

    unavailable = FhirUnavailable
    unauthorized = FhirUnauthorized

    def __init__(self, tenant_id: str, config: FhirConfig, tokens: TokenStore, sleep: Callable[[float], Any] = asyncio.sleep) -> None:
        limits = config.metadata
        super().__init__(
            auth_of(tenant_id, config, tokens), connections=limits.concurrency, timeout=limits.timeout, headers={"Accept": FHIR_JSON}
        )
        self.tenant_id = tenant_id
        self.config = config
        self._sleep = sleep

    def too_long(self, status: int, where: str) -> FhirRefused:
        return FhirRefused(status, where, "too-long")

    # -- interactions ----------------------------------------------------------------------------------------------------------------

    async def read(self, kind: str, id: str) -> Response:
        return await self.ask("GET", f"{kind}/{id}", kind, id=id)

    async def create(self, resource: dict[str, Any], if_none_exists: str, id: str | None = None) -> Response:
        """Conditional create: harmless to repeat; ``id`` is the platform's, for the log. 201 made it, 200 found it; :class:`FhirDuplicate` when several answer."""
        headers = {"If-None-Exist": if_none_exists, "Prefer": "return=representation"}
        return await self.ask("POST", resource["resourceType"], resource["resourceType"], resource, headers, id)

    async def update(self, resource: dict[str, Any], version: str, id: str | None = None) -> Response:
        """Update of one version; :class:`FhirConflict` when it is no longer the present one."""
        # A server that keeps no versions has none to match.
        headers = ({"If-Match": f'W/"{version}"'} if version else {}) | {"Prefer": "return=representation"}
        kind = resource["resourceType"]
        return await self.ask("PUT", f"{kind}/{resource['id']}", kind, resource, headers, id or resource["id"])

    async def write(self, resource: dict[str, Any], search: str, id: str | None = None) -> Response:
        """Conditional update: 201 made it, 200 replaced the one that ``search`` finds; :class:`FhirDuplicate` when several answer.

        For whoever owns a resource as a whole. It replaces all of it, so the push, which keeps what the EHR added, does not use it.
        """
        kind = resource["resourceType"]
        return await self.ask("PUT", f"{kind}?{search}", kind, resource, {"Prefer": "return=representation"}, id)

    async def package(self, package: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a batch or transaction; one response entry per request entry, in its order. Each has to be looked at: a batch is a 200."""
        response = await self.ask("POST", "", "Bundle", package)
        entries = response.body.get("entry") if isinstance(response.body, dict) else None
        if not isinstance(entries, list) or len(entries) != len(package["entry"]) or not all(map(_is_entry, entries)):
            # Nobody knows what became of whom: every request in it may be repeated.
            raise FhirUnavailable(0, "Bundle")
        return entries

    async def pages(self, kind: str, parameters: list[tuple[str, str]]) -> AsyncIterator[list[dict[str, Any]]]:
        """Matches of a search, page by page; ``next`` is followed as the server wrote it, on its own origin only."""
        url: str | None = f"{kind}?{urlencode(parameters)}"
        seen: set[str] = set()
        while url is not None:
            page = (await self.ask("GET", url, kind)).body
            if not isinstance(page, dict) or page.get("resourceType") != "Bundle":
                raise FhirUnavailable(0, kind)
            try:
                entries = [e for e in page.get("entry") or [] if (e.get("search") or {}).get("mode", "match") == "match"]
                resources = [e["resource"] for e in entries if isinstance(e.get("resource"), dict)]
                next_one = next((e.get("url") for e in page.get("link") or [] if e.get("relation") == "next"), None)
            except (AttributeError, TypeError):
                raise FhirRefused(200, kind, "structure") from None
            yield [r for r in resources if r.get("resourceType") == kind]
            seen.add(url)
            url = None if next_one is None else self._same_origin(str(next_one), kind)
            if url in seen or len(seen) >= PAGES_MAX:
                raise FhirRefused(200, kind, "too-long")

    def _same_origin(self, url: str, resource: str) -> str:
        """Absolute form of a link, or :class:`FhirRefused`: our credentials go nowhere else."""
        absolute = urljoin(f"{self.config.base_url}/", url)
        try:
            right = origin_of(absolute) == origin_of(self.config.base_url)
        except ValueError:
            right = False
        if not right:
            raise FhirRefused(200, resource, "security")
        return absolute

    # -- requests --------------------------------------------------------------------------------------------------------------------

    async def ask(
        self,
        method: str,
        path: str,
        resource: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        id: str | None = None,
    ) -> Response:
        """One request with the seed's attempts. Everything sent here may be repeated: reads, conditional creates, updates of a version.

        Raises :class:`FhirUnavailable` when the attempts are used up, else what :func:`erros.error_for` makes of the answer.
        """
        data = None if body is None else as_json(body)
        next_waits = waits(self.config)
        attempt = 0
        while True:
            attempt += 1
            start = time.monotonic()
            failure: FhirUnavailable | None = None
            status: int | None = None
            try:
                response = await self._attempt_once(method, path, resource, data, headers or {}, body)
                status = response.status
                return response
            except FhirUnavailable as error:
                failure, status = error, error.status
            except Exception as error:
                status = getattr(error, "status", None)
                raise
            finally:
                duration = round((time.monotonic() - start) * 1000)
                level = logging.WARNING if failure else logging.INFO
                log_event(
                    "fhir.pedido", level, tenant=self.tenant_id, tipo=resource, id=id, status=status, tentativa=attempt, duracao_ms=duration
                )
            wait = next(next_waits, None)
            if wait is None or (failure.espera or 0) > WAIT_MAX:
                raise exhausted(failure.status, failure.body, resource, attempt, failure.espera) from None
            await self._sleep(max(wait, failure.espera or 0))

    async def _attempt_once(
        self, method: str, path: str, resource: str, data: bytes | None, extras: dict[str, str], body: dict[str, Any] | None
    ) -> Response:
        """One attempt."""
        content = {"Content-Type": FHIR_JSON} if data is not None else {}
        response = await self.request(Request(method, self._target(path), resource, data, {**content, **extras}))
        if response.status == 202 and "Content-Location" in response.headers:
            response = await self._poll(response, resource)
        status, headers = response.status, response.headers
        if status == 401:
            raise FhirUnauthorized(status, resource)
        read_item = await _read(response, resource)
        if is_transient(status, read_item):
            raise FhirUnavailable(status, resource, wait=response.wait, body=read_item)
        if status >= 400:
            # Without If-Match a 412 can only come from a search: several resources answer to it.
            raise error_for(status, read_item, resource, conditional="If-Match" not in extras and method != "GET")
        if status >= 300:
            raise FhirRefused(status, resource)
        if read_item is None and method == "GET":
            raise FhirUnavailable(0, resource)
        has_id = isinstance(read_item, dict) and read_item.get("resourceType") == resource
        version = version_of(headers.get("ETag")) or ((read_item.get("meta") or {}).get("versionId") if has_id else None)
        resource_id = (read_item.get("id") if has_id else None) or id_from(headers.get("Location"), resource) or (body or {}).get("id")
        return Response(status, read_item, version, resource_id)

    def _target(self, path: str) -> str | URL:
        url = path if path.startswith(("http://", "https://")) else f"{self.config.base_url}/{path}".rstrip("/")
        # Quoted already: quoting once more would change what a server hides in its links (%2F).
        return URL(url, encoded=True) if url.isascii() and url.isprintable() and " " not in url else url

    async def _poll(self, response: Answer, resource: str) -> Answer:
        """Ask again where a 202 points, until it is done."""
        request = Request("GET", self._target(self._same_origin(response.headers["Content-Location"], resource)), resource)
        limit = time.monotonic() + POLLING_MAX
        while response.status == 202:
            if time.monotonic() >= limit:
                raise FhirUnavailable(202, resource)
            await self._sleep(min(WAIT_MAX, response.wait or 1.0))
            response = await self.request(request)
        return response


async def _read(response: Answer, resource: str) -> Any:
    """The answer's resource; ``None`` where it has none, or where its status says enough."""
    raw = response.body
    try:
        return await asyncio.to_thread(from_json, raw) if len(raw) > 100_000 else from_json(raw) if raw.strip() else None
    except ValueError:
        if response.status < 300:
            # A proxy's page, or half an answer: whether the server did anything is unknown.
            raise FhirUnavailable(0, resource) from None
        return None

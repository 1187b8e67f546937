"""HTTP client of one tenant's FHIR server: retries, a new token after a 401, answers as resources or as our errors."""

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
from include.fusion.http.backoff import wait_before
from include.fusion.http.client import HttpClient
from include.fusion.http.message import Answer, Request
from include.fusion.http.tokens import TokenStore

FHIR_JSON = "application/fhir+json"
WAIT_MAX = 300.0
"""Longest wait that a server may ask for; a longer one fails the request."""
PAGES_MAX = 100_000
POLLING_MAX = 600.0
_ETAG = re.compile(r'(?:W/)?"([^"]*)"')


@dataclass(frozen=True)
class Response:
    """A final answer below 400. ``versao``: from the ETag. ``id``: of the written resource."""

    status: int
    body: Any = field(repr=False)
    versao: str | None = None
    id: str | None = None


def waits(config: FhirConfig) -> Iterator[float]:
    """Seconds before each further attempt: initialDelay × multiplier^n, at most maxDelay, maxRetries times."""
    first, longest = config.initial_delay / 1000, config.max_delay / 1000
    for n in range(config.max_retries):
        yield wait_before(n, first=first, longest=longest, factor=config.backoff_multiplier)


def by_identifier(system: str, value: str) -> str:
    """Search for one business identifier. Comma, bar, dollar and backslash are syntax of a search, so they are escaped."""
    for special in "\\,|$":
        value = value.replace(special, f"\\{special}")
    return f"identifier={quote(f'{system}|{value}', safe=':/|')}"


def _is_entry(entry: Any) -> bool:
    """Whether an entry of an answer is readable: it and its parts are objects."""
    return isinstance(entry, dict) and all(isinstance(entry.get(part) or {}, dict) for part in ("response", "resource"))


def version_of(etag: str | None) -> str | None:
    """Version id in an ETag, weak or strong."""
    match = _ETAG.fullmatch((etag or "").strip())
    return match.group(1) if match else None


def id_from(location: str | None, kind: str) -> str | None:
    """Resource id in ``[base]/Type/id/_history/v``."""
    match = re.search(rf"(?:^|/){kind}/([A-Za-z0-9.-]{{1,64}})(?:/_history/|$)", location or "")
    return match.group(1) if match else None


def auth_of(tenant_id: str, config: FhirConfig, tokens: TokenStore) -> Auth:
    """Credentials for the requests of one tenant."""
    credential = config.auth_config
    if isinstance(credential, Basic):
        return Auth(basic(credential.username, credential.password))
    if isinstance(credential, ApiKey):
        return Auth({credential.api_key_header: credential.api_key})
    client = OAuth2Client(**credential.model_dump(exclude={"webhook_secret"}))
    return OAuth2(client, tokens, owner=tenant_id, base_url=config.base_url)


class FhirClient(HttpClient):
    """One pool of connections, as an async context manager. ``tokens``: shared access tokens; ``sleep``: waits between attempts."""

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

    async def read(self, kind: str, id: str) -> Response:
        return await self.ask("GET", f"{kind}/{id}", kind, id=id)

    async def create(self, resource: dict[str, Any], if_none_exists: str, id: str | None = None) -> Response:
        """Conditional create, safe to repeat: 201 created it, 200 found it. ``id``: of the platform, for the log. :raises FhirDuplicate: several found."""
        headers = {"If-None-Exist": if_none_exists, "Prefer": "return=representation"}
        return await self.ask("POST", resource["resourceType"], resource["resourceType"], resource, headers, id)

    async def update(self, resource: dict[str, Any], version: str, id: str | None = None) -> Response:
        """Update of one version. :raises FhirConflict: there is a newer version."""
        # A server without versions has none to match.
        headers = ({"If-Match": f'W/"{version}"'} if version else {}) | {"Prefer": "return=representation"}
        kind = resource["resourceType"]
        return await self.ask("PUT", f"{kind}/{resource['id']}", kind, resource, headers, id or resource["id"])

    async def write(self, resource: dict[str, Any], search: str, id: str | None = None) -> Response:
        """Conditional update: 201 created it, 200 replaced the one that ``search`` finds. :raises FhirDuplicate: several found.

        It replaces the whole resource. The push keeps what the EHR added, so it does not use this.
        """
        kind = resource["resourceType"]
        return await self.ask("PUT", f"{kind}?{search}", kind, resource, {"Prefer": "return=representation"}, id)

    async def package(self, package: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a bundle; one response entry per request entry, in order. Check each: a batch is a 200 even with failures."""
        response = await self.ask("POST", "", "Bundle", package)
        entries = response.body.get("entry") if isinstance(response.body, dict) else None
        if not isinstance(entries, list) or len(entries) != len(package["entry"]) or not all(map(_is_entry, entries)):
            # The result is unknown: every request in it may be repeated.
            raise FhirUnavailable(0, "Bundle")
        return entries

    async def pages(self, kind: str, parameters: list[tuple[str, str]]) -> AsyncIterator[list[dict[str, Any]]]:
        """Matches of a search, page by page. It follows ``next`` unchanged, but only on the server's own origin."""
        url: str | None = f"{kind}?{urlencode(parameters)}"
        seen: set[str] = set()
        while url is not None:
            page = (await self.ask("GET", url, kind)).body
            if not isinstance(page, dict) or page.get("resourceType") != "Bundle":
                raise FhirUnavailable(0, kind)
            try:
                entries = [e for e in page.get("entry") or [] if (e.get("search") or {}).get("mode", "match") == "match"]
                resources = [e["resource"] for e in entries if isinstance(e.get("resource"), dict)]
                following = next((e.get("url") for e in page.get("link") or [] if e.get("relation") == "next"), None)
            except (AttributeError, TypeError):
                raise FhirRefused(200, kind, "structure") from None
            yield [r for r in resources if r.get("resourceType") == kind]
            seen.add(url)
            url = None if following is None else self._same_origin(str(following), kind)
            if url in seen or len(seen) >= PAGES_MAX:
                raise FhirRefused(200, kind, "too-long")

    def _same_origin(self, url: str, resource: str) -> str:
        """Absolute form of a link. :raises FhirRefused: another server, which must not get our credentials."""
        absolute = urljoin(f"{self.config.base_url}/", url)
        try:
            same = origin_of(absolute) == origin_of(self.config.base_url)
        except ValueError:
            same = False
        if not same:
            raise FhirRefused(200, resource, "security")
        return absolute

    async def ask(self, method: str, path: str, resource: str, body: dict[str, Any] | None = None,
                  headers: dict[str, str] | None = None, id: str | None = None) -> Response:  # fmt: skip
        """One request with all its attempts. Only for requests that may be repeated: reads, conditional creates, updates of a version.

        Raises :class:`FhirUnavailable` after the last attempt, else the error of :func:`error_for`.
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
                response = await self._attempt(method, path, resource, data, headers or {}, body)
                status = response.status
                return response
            except FhirUnavailable as error:
                failure, status = error, error.status
            except Exception as error:
                status = getattr(error, "status", None)
                raise
            finally:
                ms, level = round((time.monotonic() - start) * 1000), logging.WARNING if failure else logging.INFO
                log_event(
                    "fhir.pedido", level, tenant=self.tenant_id, tipo=resource, id=id, status=status, tentativa=attempt, duracao_ms=ms
                )
            wait = next(next_waits, None)
            if wait is None or (failure.espera or 0) > WAIT_MAX:
                raise exhausted(failure.status, failure.body, resource, attempt, failure.espera) from None
            await self._sleep(max(wait, failure.espera or 0))

    async def _attempt(self, method: str, path: str, resource: str, data: bytes | None, extras: dict[str, str],
                       body: dict[str, Any] | None) -> Response:  # fmt: skip
        content = {"Content-Type": FHIR_JSON} if data is not None else {}
        response = await self.request(Request(method, self._target(path), resource, data, {**content, **extras}))
        if response.status == 202 and "Content-Location" in response.headers:
            response = await self._poll(response, resource)
        status, headers = response.status, response.headers
        if status == 401:
            raise FhirUnauthorized(status, resource)
        answer = await _read(response, resource)
        if is_transient(status, answer):
            raise FhirUnavailable(status, resource, wait=response.wait, body=answer)
        if status >= 400:
            # Without If-Match, a 412 comes from the search: it found several resources.
            raise error_for(status, answer, resource, conditional="If-Match" not in extras and method != "GET")
        if status >= 300:
            raise FhirRefused(status, resource)
        if answer is None and method == "GET":
            raise FhirUnavailable(0, resource)
        has_id = isinstance(answer, dict) and answer.get("resourceType") == resource
        version = version_of(headers.get("ETag")) or ((answer.get("meta") or {}).get("versionId") if has_id else None)
        resource_id = (answer.get("id") if has_id else None) or id_from(headers.get("Location"), resource) or (body or {}).get("id")
        return Response(status, answer, version, resource_id)

    def _target(self, path: str) -> str | URL:
        url = path if path.startswith(("http://", "https://")) else f"{self.config.base_url}/{path}".rstrip("/")
        # Already quoted: quoting again would change the server's links (%2F).
        return URL(url, encoded=True) if url.isascii() and url.isprintable() and " " not in url else url

    async def _poll(self, response: Answer, resource: str) -> Answer:
        """Ask at the address of a 202 until the work is done."""
        request = Request("GET", self._target(self._same_origin(response.headers["Content-Location"], resource)), resource)
        limit = time.monotonic() + POLLING_MAX
        while response.status == 202:
            if time.monotonic() >= limit:
                raise FhirUnavailable(202, resource)
            await self._sleep(min(WAIT_MAX, response.wait or 1.0))
            response = await self.request(request)
        return response


async def _read(response: Answer, resource: str) -> Any:
    """The resource of an answer; ``None`` without one, or for an unreadable error answer."""
    raw = response.body
    try:
        return await asyncio.to_thread(from_json, raw) if len(raw) > 100_000 else from_json(raw) if raw.strip() else None
    except ValueError:
        if response.status < 300:
            # A proxy's page, or a broken answer: it is unknown whether the server did anything.
            raise FhirUnavailable(0, resource) from None
        return None

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

from include.fusion.fhir.config.model import ApiKey, Basic, Configuracao, origem
from include.fusion.fhir.http.errors import FhirIndisponivel, FhirNaoAutorizado, FhirRecusado, erro_de, esgotado, transitorio
from include.fusion.fhir.http.log import anotar
from include.fusion.fhir.mapping.validate import de_json, em_json
from include.fusion.http.auth import Auth, OAuth2, OAuth2Client, basic
from include.fusion.http.client import HttpClient
from include.fusion.http.message import Answer, Request
from include.fusion.http.tokens import TokenStore

FHIR_JSON = "application/fhir+json"
ESPERA_MAX = 300.0
"""Longest wait that a server may ask of us within one request; beyond it the request has failed."""
PAGINAS_MAX = 100_000
POLLING_MAX = 600.0
_ETAG = re.compile(r'(?:W/)?"([^"]*)"')


@dataclass(frozen=True)
class Resposta:
    """One final answer below 400. ``versao`` of the ETag, ``id`` of the resource that was written."""

    status: int
    corpo: Any = field(repr=False)
    versao: str | None = None
    id: str | None = None


def esperas(config: Configuracao) -> Iterator[float]:
    """Seconds before the second and each later attempt: initialDelay × multiplier^n, maxDelay at most, maxRetries of them (seed 002)."""
    espera, maxima = config.initial_delay / 1000, config.max_delay / 1000
    for _ in range(config.max_retries):
        yield min(espera, maxima)
        espera = min(espera * config.backoff_multiplier, maxima)


def por_identificador(sistema: str, valor: str) -> str:
    """Search for one business identifier. A comma, bar, dollar or backslash in the value would be a search parameter's own syntax."""
    for especial in "\\,|$":
        valor = valor.replace(especial, f"\\{especial}")
    return f"identifier={quote(f'{sistema}|{valor}', safe=':/|')}"


def _e_entrada(entrada: Any) -> bool:
    """Whether an entry of an answer can be read: an object, and so are its parts where it has them."""
    return isinstance(entrada, dict) and all(isinstance(entrada.get(parte) or {}, dict) for parte in ("response", "resource"))


def versao_de(etag: str | None) -> str | None:
    """Version id in an ETag, weak or strong."""
    achada = _ETAG.fullmatch((etag or "").strip())
    return achada.group(1) if achada else None


def id_de(location: str | None, tipo: str) -> str | None:
    """Resource id in ``[base]/Type/id/_history/v``."""
    achado = re.search(rf"(?:^|/){tipo}/([A-Za-z0-9.-]{{1,64}})(?:/_history/|$)", location or "")
    return achado.group(1) if achado else None


def auth_of(tenant_id: str, config: Configuracao, tokens: TokenStore) -> Auth:
    """How the requests of one tenant identify themselves."""
    credencial = config.auth_config
    if isinstance(credencial, Basic):
        return Auth(basic(credencial.username, credencial.password))
    if isinstance(credencial, ApiKey):
        return Auth({credencial.api_key_header: credencial.api_key})
    cliente = OAuth2Client(**credencial.model_dump(exclude={"webhook_secret"}))
    return OAuth2(cliente, tokens, owner=tenant_id, base_url=config.base_url)


class ClienteFhir(HttpClient):
    """One pool of connections; use as an async context manager. ``tokens``: where access tokens are shared; ``dormir`` is where it waits."""

    unavailable = FhirIndisponivel
    unauthorized = FhirNaoAutorizado

    def __init__(self, tenant_id: str, config: Configuracao, tokens: TokenStore, dormir: Callable[[float], Any] = asyncio.sleep) -> None:
        limites = config.metadata
        super().__init__(
            auth_of(tenant_id, config, tokens), connections=limites.concurrency, timeout=limites.timeout, headers={"Accept": FHIR_JSON}
        )
        self.tenant_id = tenant_id
        self.config = config
        self._dormir = dormir

    def too_long(self, status: int, where: str) -> FhirRecusado:
        return FhirRecusado(status, where, "too-long")

    # -- interactions ----------------------------------------------------------------------------------------------------------------

    async def ler(self, tipo: str, id: str) -> Resposta:
        return await self.pedir("GET", f"{tipo}/{id}", tipo, id=id)

    async def criar(self, recurso: dict[str, Any], se_nao_existe: str, id: str | None = None) -> Resposta:
        """Conditional create: harmless to repeat; ``id`` is the platform's, for the log. 201 made it, 200 found it; :class:`FhirDuplicado` when several answer."""
        cabecalhos = {"If-None-Exist": se_nao_existe, "Prefer": "return=representation"}
        return await self.pedir("POST", recurso["resourceType"], recurso["resourceType"], recurso, cabecalhos, id)

    async def atualizar(self, recurso: dict[str, Any], versao: str, id: str | None = None) -> Resposta:
        """Update of one version; :class:`FhirConflito` when it is no longer the present one."""
        # A server that keeps no versions has none to match.
        cabecalhos = ({"If-Match": f'W/"{versao}"'} if versao else {}) | {"Prefer": "return=representation"}
        tipo = recurso["resourceType"]
        return await self.pedir("PUT", f"{tipo}/{recurso['id']}", tipo, recurso, cabecalhos, id or recurso["id"])

    async def gravar(self, recurso: dict[str, Any], busca: str, id: str | None = None) -> Resposta:
        """Conditional update: 201 made it, 200 replaced the one that ``busca`` finds; :class:`FhirDuplicado` when several answer.

        For whoever owns a resource as a whole. It replaces all of it, so the push, which keeps what the EHR added, does not use it.
        """
        tipo = recurso["resourceType"]
        return await self.pedir("PUT", f"{tipo}?{busca}", tipo, recurso, {"Prefer": "return=representation"}, id)

    async def pacote(self, pacote: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a batch or transaction; one response entry per request entry, in its order. Each has to be looked at: a batch is a 200."""
        resposta = await self.pedir("POST", "", "Bundle", pacote)
        entradas = resposta.corpo.get("entry") if isinstance(resposta.corpo, dict) else None
        if not isinstance(entradas, list) or len(entradas) != len(pacote["entry"]) or not all(map(_e_entrada, entradas)):
            # Nobody knows what became of whom: every request in it may be repeated.
            raise FhirIndisponivel(0, "Bundle")
        return entradas

    async def paginas(self, tipo: str, parametros: list[tuple[str, str]]) -> AsyncIterator[list[dict[str, Any]]]:
        """Matches of a search, page by page; ``next`` is followed as the server wrote it, on its own origin only."""
        url: str | None = f"{tipo}?{urlencode(parametros)}"
        vistas: set[str] = set()
        while url is not None:
            pagina = (await self.pedir("GET", url, tipo)).corpo
            if not isinstance(pagina, dict) or pagina.get("resourceType") != "Bundle":
                raise FhirIndisponivel(0, tipo)
            try:
                entradas = [e for e in pagina.get("entry") or [] if (e.get("search") or {}).get("mode", "match") == "match"]
                recursos = [e["resource"] for e in entradas if isinstance(e.get("resource"), dict)]
                proxima = next((e.get("url") for e in pagina.get("link") or [] if e.get("relation") == "next"), None)
            except (AttributeError, TypeError):
                raise FhirRecusado(200, tipo, "structure") from None
            yield [r for r in recursos if r.get("resourceType") == tipo]
            vistas.add(url)
            url = None if proxima is None else self._mesma_origem(str(proxima), tipo)
            if url in vistas or len(vistas) >= PAGINAS_MAX:
                raise FhirRecusado(200, tipo, "too-long")

    def _mesma_origem(self, url: str, recurso: str) -> str:
        """Absolute form of a link, or :class:`FhirRecusado`: our credentials go nowhere else."""
        absoluta = urljoin(f"{self.config.base_url}/", url)
        try:
            certa = origem(absoluta) == origem(self.config.base_url)
        except ValueError:
            certa = False
        if not certa:
            raise FhirRecusado(200, recurso, "security")
        return absoluta

    # -- requests --------------------------------------------------------------------------------------------------------------------

    async def pedir(
        self,
        metodo: str,
        rota: str,
        recurso: str,
        corpo: dict[str, Any] | None = None,
        cabecalhos: dict[str, str] | None = None,
        id: str | None = None,
    ) -> Resposta:
        """One request with the seed's attempts. Everything sent here may be repeated: reads, conditional creates, updates of a version.

        Raises :class:`FhirIndisponivel` when the attempts are used up, else what :func:`erros.erro_de` makes of the answer.
        """
        dados = None if corpo is None else em_json(corpo)
        proximas = esperas(self.config)
        tentativa = 0
        while True:
            tentativa += 1
            inicio = time.monotonic()
            falha: FhirIndisponivel | None = None
            status: int | None = None
            try:
                resposta = await self._tentar(metodo, rota, recurso, dados, cabecalhos or {}, corpo)
                status = resposta.status
                return resposta
            except FhirIndisponivel as erro:
                falha, status = erro, erro.status
            except Exception as erro:
                status = getattr(erro, "status", None)
                raise
            finally:
                duracao = round((time.monotonic() - inicio) * 1000)
                nivel = logging.WARNING if falha else logging.INFO
                anotar(
                    "fhir.pedido", nivel, tenant=self.tenant_id, tipo=recurso, id=id, status=status, tentativa=tentativa, duracao_ms=duracao
                )
            espera = next(proximas, None)
            if espera is None or (falha.espera or 0) > ESPERA_MAX:
                raise esgotado(falha.status, falha.corpo, recurso, tentativa, falha.espera) from None
            await self._dormir(max(espera, falha.espera or 0))

    async def _tentar(
        self, metodo: str, rota: str, recurso: str, dados: bytes | None, extras: dict[str, str], corpo: dict[str, Any] | None
    ) -> Resposta:
        """One attempt."""
        conteudo = {"Content-Type": FHIR_JSON} if dados is not None else {}
        resposta = await self.request(Request(metodo, self._alvo(rota), recurso, dados, {**conteudo, **extras}))
        if resposta.status == 202 and "Content-Location" in resposta.headers:
            resposta = await self._acompanhar(resposta, recurso)
        status, cabecalhos = resposta.status, resposta.headers
        if status == 401:
            raise FhirNaoAutorizado(status, recurso)
        lido = await _ler(resposta, recurso)
        if transitorio(status, lido):
            raise FhirIndisponivel(status, recurso, espera=resposta.wait, corpo=lido)
        if status >= 400:
            # Without If-Match a 412 can only come from a search: several resources answer to it.
            raise erro_de(status, lido, recurso, condicional="If-Match" not in extras and metodo != "GET")
        if status >= 300:
            raise FhirRecusado(status, recurso)
        if lido is None and metodo == "GET":
            raise FhirIndisponivel(0, recurso)
        tem_id = isinstance(lido, dict) and lido.get("resourceType") == recurso
        versao = versao_de(cabecalhos.get("ETag")) or ((lido.get("meta") or {}).get("versionId") if tem_id else None)
        recurso_id = (lido.get("id") if tem_id else None) or id_de(cabecalhos.get("Location"), recurso) or (corpo or {}).get("id")
        return Resposta(status, lido, versao, recurso_id)

    def _alvo(self, rota: str) -> str | URL:
        url = rota if rota.startswith(("http://", "https://")) else f"{self.config.base_url}/{rota}".rstrip("/")
        # Quoted already: quoting once more would change what a server hides in its links (%2F).
        return URL(url, encoded=True) if url.isascii() and url.isprintable() and " " not in url else url

    async def _acompanhar(self, resposta: Answer, recurso: str) -> Answer:
        """Ask again where a 202 points, until it is done."""
        pedido = Request("GET", self._alvo(self._mesma_origem(resposta.headers["Content-Location"], recurso)), recurso)
        limite = time.monotonic() + POLLING_MAX
        while resposta.status == 202:
            if time.monotonic() >= limite:
                raise FhirIndisponivel(202, recurso)
            await self._dormir(min(ESPERA_MAX, resposta.wait or 1.0))
            resposta = await self.request(pedido)
        return resposta


async def _ler(resposta: Answer, recurso: str) -> Any:
    """The answer's resource; ``None`` where it has none, or where its status says enough."""
    bruto = resposta.body
    try:
        return await asyncio.to_thread(de_json, bruto) if len(bruto) > 100_000 else de_json(bruto) if bruto.strip() else None
    except ValueError:
        if resposta.status < 300:
            # A proxy's page, or half an answer: whether the server did anything is unknown.
            raise FhirIndisponivel(0, recurso) from None
        return None

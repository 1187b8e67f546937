"""The API: FastAPI carries it, but the routes are bare Starlette ones, since validation is the contract's work, not pydantic's."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sandbox.fusion import contrato, hl7
from sandbox.fusion.ajustes import Settings
from sandbox.fusion.autenticacao import Gatekeeper
from sandbox.fusion.banco import UNAVAILABLE, Database, Write
from sandbox.fusion.falhas import Faults, Injector, WithFaults
from sandbox.fusion.problema import Refusal, problem

Handler = Callable[[Request], Awaitable[Response]]
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
# orjson writes JSON five times faster, but very small numbers (0.00001) otherwise than Python's json does (1e-05).
_RARE_NUMBER = re.compile(rb":-?(?:0\.0000|[0-9.]+e)")
_CANCELLED_HASH = hashlib.sha256(b"cancelamento").hexdigest()
_ENTITIES = {"Atendimento": "atendimento", "Paciente": "paciente", "AgendaCirurgica": "agenda_cirurgica"}
_FIELDS = {"agenda_cirurgica": "agendamento"}
"""Name of the record in bodies, where it is not the entity's."""


def _json(data: Any) -> Response:
    return Response(orjson.dumps(data), media_type="application/json")


def _hash_conteudo(record: dict[str, Any]) -> str:
    """Same recipe as the hub's ``versao_conteudo``, so that both sides can be compared by hash alone."""
    core = {k: v for k, v in record.items() if k != "atualizadoEm"}
    text = orjson.dumps(core, option=orjson.OPT_SORT_KEYS)
    if (b"0.0000" in text or b"e-" in text) and _RARE_NUMBER.search(text):
        text = json.dumps(core, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _integer(text: str, field: str) -> int:
    """A number from path or query: 1 to 2^31-1."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) < 2**31):
        raise Refusal(400, "deveria ser um inteiro positivo", f"$.{field}")
    return int(text)


def _query(request: Request, field: str) -> int | None:
    text = request.query_params.get(field)
    return None if text is None else _integer(text, field)


class Api:
    """Handlers of every route over one database, one doorkeeper and one fault injector."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.database = Database(settings.dsn, settings.conexoes)
        self._gatekeeper = Gatekeeper(settings)
        self.injector = Injector(Faults.of(settings.falhas))

    # --- writes ---------------------------------------------------------------------------------------------------

    def write(self, schema: str, field: str, entity: str) -> Handler:
        """POST of a whole record under ``field``; a route with ``layoutId`` takes it through that layout."""

        async def handle(request: Request) -> Response:
            received = datetime.now(UTC)
            layout = self._layout(request)
            key, raw = self._key(request), await self._body(request, "application/json")
            asked = contrato.read(schema, raw)
            record = asked[field]
            integracao, code = asked["integracaoId"], record["codigo"]
            try:
                self._gatekeeper.integracao(integracao)
                if entity != "paciente":
                    contrato.check_items(record, field)
                updated = _instant(record.get("atualizadoEm"))
            except Refusal as refusal:
                raise refusal.of(integracao, code) from None
            paciente = record["paciente"].get("codigo") if "paciente" in record else code
            content = _hash_conteudo(record)
            # Without atualizadoEm: after a crash the same content may be sent again with the marker that the source has by then.
            return await self._apply(request,
                Write(key, self._request_hash(request, content.encode()), entity, integracao, code, "gravacao",
                        orjson.dumps(record).decode(), content, paciente, updated, layout, received)
            )  # fmt: skip

        return handle

    def pendencia(self, controller: str, integracao: str, keys: tuple[str, ...]) -> Handler:
        """POST of a pending change; ``keys`` tell one from another within an integration."""

        async def handle(request: Request) -> Response:
            received = datetime.now(UTC)
            key, raw = self._key(request), await self._body(request, "application/json")
            asked = contrato.read(controller, raw)
            self._gatekeeper.integracao(asked[integracao])
            code = "|".join(asked[c] for c in keys)
            return await self._apply(request,
                Write(key, self._request_hash(request, raw), controller, asked[integracao], code, "gravacao",
                        orjson.dumps(asked).decode(), _hash_conteudo(asked), None, None, None, received)
            )  # fmt: skip

        return handle

    async def cancel(self, request: Request) -> Response:
        received = datetime.now(UTC)
        entity, integracao, code = self._record(request)
        marker = request.query_params.get("atualizadoEm")
        if marker is not None and not contrato.validator("DataHora").is_valid(marker):
            raise Refusal(400, "data e hora inválida ou sem fuso", "$.atualizadoEm").of(integracao, code)
        key = self._key(request)
        return await self._apply(request,
            Write(key, self._request_hash(request, b""), entity, integracao, code, "cancelamento",
                    None, _CANCELLED_HASH, None, _instant(marker), None, received)
        )  # fmt: skip

    async def _apply(self, request: Request, write_request: Write) -> Response:
        write_request = replace(write_request, sequence=self._sequence(request))
        status, number, applied, version = await self.database.apply(write_request)
        if status == "antiga":
            refusal = Refusal(409, "já há Record-Sequence maior deste registro", kind="urn:fusion:sequencia-antiga")
            raise refusal.of(write_request.integracao_id, write_request.codigo)
        if status == "conflito":
            raise Refusal(409, "Idempotency-Key já usada com outro pedido").of(write_request.integracao_id, write_request.codigo)
        return _json({"id": number, "aplicado": applied, "repetido": status == "repetido", "versao": version})

    async def hl7(self, request: Request) -> Response:
        """Always 200 with an acknowledgement once the caller is known: HL7 tells errors in MSA, not in HTTP."""
        received = datetime.now(UTC)
        integracao = _integer(request.path_params["integracaoId"], "integracaoId")
        self._gatekeeper.integracao(integracao)
        raw = await self._body(request, "application/hl7-v2", "text/plain", "x-application/hl7-v2+er7")
        message: hl7.Message | None = None
        try:
            message = hl7.read(raw)
            hl7.check(message)
            if await self.database.store_hl7(integracao, hl7.row(message, received)) == "conflito":
                raise hl7.Hl7Error("AE", 205, "MSH-10 já usado por outra mensagem")
            text = hl7.ack(message, "AA")
        except hl7.Hl7Error as error:
            await self.database.refuse("hl7", Refusal(200, error.texto, error.codigo).of(integracao, message and message.field("MSH", 10)))
            text = hl7.ack(message, error.codigo, error)
        return Response(text.encode(), media_type="application/hl7-v2")

    # --- reads ----------------------------------------------------------------------------------------------------

    async def ask(self, request: Request) -> Response:
        entity, integracao, code = self._record(request)
        row = await self.database.estado(entity, integracao, code)
        if row is None:
            return problem(404, "registro desconhecido", kind="urn:fusion:registro-desconhecido")
        state = {
            "integracaoId": integracao,
            "codigo": code,
            "versao": row["versao"],
            "cancelado": row["cancelado"],
            "aceitoEm": row["aceito_em"],
            _FIELDS.get(entity, entity): orjson.Fragment(row["corpo"]),
        }
        return _json(state)

    def list_keys(self, entity: str) -> Handler:
        """What there is of one integration, by code and content hash: for a comparison with the source."""

        async def handle(request: Request) -> Response:
            integracao = _query(request, "integracaoId")
            if integracao is None:
                raise Refusal(400, "integracaoId ausente", "$.integracaoId")
            self._gatekeeper.integracao(integracao)
            asked, limit = request.query_params, min(_query(request, "limite") or 1000, 5000)
            rows = await self.database.keys(entity, integracao, asked.get("depoisDe", ""), asked.getlist("codigo"), limit)
            return _json({"itens": [{"codigo": code, "versaoConteudo": content, "cancelado": ended} for code, content, ended in rows]})

        return handle

    def list_records(self, controller: str) -> Handler:
        async def handle(request: Request) -> Response:
            integracao, after = _query(request, "integracaoId"), _query(request, "depoisDe") or 0
            limit = min(_query(request, "limite") or 100, 1000)
            open_rows = request.query_params.get("abertas") == "true"
            rows = await self.database.pendencias(controller, after, integracao, open_rows, limit)
            return _json({"itens": [{"id": row["id"], "pendencia": orjson.Fragment(row["corpo"])} for row in rows]})

        return handle

    async def health(self, _: Request) -> Response:
        await self.database.live_column()
        return _json({"situacao": "ok"})

    async def token(self, request: Request) -> Response:
        return self._gatekeeper.issue_token(await request.body(), request.headers.get("authorization", ""))

    # --- the sandbox's own doors ----------------------------------------------------------------------------------

    async def falhas(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.injector.replace_match(Faults())
        elif request.method == "PUT":
            try:
                self.injector.replace_match(Faults.of(orjson.loads(await request.body())))
            except (orjson.JSONDecodeError, AttributeError):
                raise Refusal(400, "o corpo deveria ser um objeto JSON") from None
            except ValueError as error:
                raise Refusal(422, "campo desconhecido ou fora do limite", f"$.{error}") from None
        return _json({**asdict(self.injector.falhas), "feitas": dict(self.injector.done)})

    async def digest(self, request: Request) -> Response:
        return _json(await self.database.digest(_query(request, "integracao")))

    async def duplicates(self, request: Request) -> Response:
        return _json({"itens": await self.database.duplicates(_query(request, "integracao"))})

    # --- what every request goes through --------------------------------------------------------------------------

    def path(self, handle: Handler, entity: str = "", *, admin: bool = False, open_column: bool = False) -> Handler:
        """Credentials first; a refusal of an ``entity`` is logged; a database that is away is a 503."""

        async def endpoint(request: Request) -> Response:
            try:
                try:
                    if not open_column:
                        self._gatekeeper.demand(request.headers, admin=admin)
                    return await handle(request)
                except Refusal as refusal:
                    if entity:
                        await self.database.refuse(entity, refusal)
                    return refusal.response()
            except UNAVAILABLE:
                return problem(503, "banco de dados do Fusion indisponível", headers={"Retry-After": "1"})

        return endpoint

    def _record(self, request: Request) -> tuple[str, int, str]:
        """Entity, integration and code of a path like ``/api/Atendimento/12/345``."""
        integracao, code = _integer(request.path_params["integracaoId"], "integracaoId"), request.path_params["codigo"]
        if not contrato.validator("Codigo").is_valid(code):
            raise Refusal(400, "formato inválido", "$.codigo").of(integracao, None)
        self._gatekeeper.integracao(integracao)
        return _ENTITIES[request.url.path.split("/")[2]], integracao, code

    def _layout(self, request: Request) -> int | None:
        if "layoutId" not in request.path_params:
            return None
        layout = _integer(request.path_params["layoutId"], "layoutId")
        if layout not in self._settings.layouts:
            raise Refusal(404, "layout desconhecido", "$.layoutId")
        return layout

    @staticmethod
    def _key(request: Request) -> str:
        key = request.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise Refusal(400, "cabeçalho Idempotency-Key ausente ou inválido")
        return key

    @staticmethod
    def _sequence(request: Request) -> int | None:
        text = request.headers.get("record-sequence")
        if text is not None and not re.fullmatch(r"[1-9][0-9]{0,15}", text):
            raise Refusal(400, "cabeçalho Record-Sequence inválido")
        return None if text is None else int(text)

    @staticmethod
    def _request_hash(request: Request, raw: bytes) -> str:
        # The route takes part: a key is good for one request, not for one body.
        digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
        digest.update(raw)
        return digest.hexdigest()

    async def _body(self, request: Request, *kinds: str) -> bytes:
        kind = request.headers.get("content-type", kinds[0]).partition(";")[0].strip().lower()
        if kind not in kinds:
            raise Refusal(415, f"Content-Type deveria ser {kinds[0]}")
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self._settings.body_max:
                raise Refusal(413, "corpo grande demais")
            parts.append(part)
        return b"".join(parts)


async def _http_problem(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return problem(status, "rota ou método desconhecido" if status in (404, 405) else "falha interna")


def create(config: Settings) -> ASGIApp:
    """The whole server as one ASGI application."""
    api = Api(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await api.database.open()
        yield
        await api.database.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.openapi = contrato.document  # type: ignore[method-assign]
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(Exception, _http_problem)

    def route(path: str, method: str, handle: Handler, entity: str = "", **options: bool) -> None:
        app.add_route(path, api.path(handle, entity, **options), [method])

    route("/api/Atendimento", "POST", api.write("ImportacaoAtendimento", "atendimento", "atendimento"), "atendimento")
    route("/api/Json/{layoutId}", "POST", api.write("ImportacaoJson", "registro", "atendimento"), "atendimento")
    route("/api/Paciente", "POST", api.write("ImportacaoPaciente", "paciente", "paciente"), "paciente")
    route("/api/AgendaCirurgica", "POST", api.write("ImportacaoAgendaCirurgica", "agendamento", "agenda_cirurgica"), "agenda_cirurgica")
    for controller, kind in _ENTITIES.items():
        route(f"/api/{controller}", "GET", api.list_keys(kind))
        route(f"/api/{controller}/{{integracaoId}}/{{codigo:path}}", "DELETE", api.cancel, kind)
        route(f"/api/{controller}/{{integracaoId}}/{{codigo:path}}", "GET", api.ask)
    pendencias = {
        "PendenciaIntegracao": ("integracaoId", ("entidade", "codigo", "dataRegistro")),
        "AplicacaoPendencia": ("integracaoOrigem", ("aplicacao", "metodo", "idEntidade", "dataRegistro")),
    }
    for controller, (integracao, keys) in pendencias.items():
        route(f"/api/{controller}", "POST", api.pendencia(controller, integracao, keys), controller)
        route(f"/api/{controller}", "GET", api.list_records(controller))
    route("/api/HL7/{integracaoId}", "POST", api.hl7, "hl7")
    route("/saude", "GET", api.health, open_column=True)
    route("/oauth/token", "POST", api.token, open_column=True)
    for verb in ("GET", "PUT", "DELETE"):
        route("/_sandbox/falhas", verb, api.falhas, admin=True)
    route("/_sandbox/resumo", "GET", api.digest, admin=True)
    route("/_sandbox/duplicados", "GET", api.duplicates, admin=True)
    return WithFaults(app, api.injector)

"""The FHIR API: synchronisation on request, configuration of a tenant. Airflow's tokens and roles protect every route.

A request for synchronisation starts a DAG run and answers 202 with where to watch it; ``?wait=true`` does a single record at once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from fusion_airflow.fhir_api import operations, webhook
from fusion_airflow.fhir_api.access import Route
from fusion_airflow.fhir_api.shared import WAIT_MAX, Admin, Done, Id, JsonBody, Run, Wait, Who, platform, start_run, tenant_of
from include.fusion.wiring.names import FusionHubError, InvalidConfiguration, reason_of

SameServer = Annotated[bool, Query(description="true: o novo endereço é do mesmo servidor; os vínculos com ele continuam valendo")]


def create() -> FastAPI:
    """The application for the plugin."""
    # The pages that describe the API are routes of our own: FastAPI's are open to everybody.
    app = FastAPI(title="FHIR", version="1", description=__doc__ or "", openapi_url=None)
    app.router.route_class = Route
    app.get("/openapi.json", include_in_schema=False)(_openapi)
    app.get("/docs", include_in_schema=False)(_docs)
    error = {c: {"description": d} for c, d in ((401, "sem credencial válida"), (403, "sem direito"), (404, "não existe"))}
    done = {200: {"model": Done}, 202: {"model": Run}}
    sync_route: dict[str, Any] = {"status_code": 202, "response_model": None, "responses": {**done, **error}, "tags": ["sincronização"]}
    config: dict[str, Any] = {"responses": error, "tags": ["configuração"]}
    app.post("/observations/sync-all", **sync_route)(synchronise_all)
    app.post("/observations/{id}/sync", **sync_route)(synchronise_observation)
    app.post("/patients/{id}/sync", **sync_route)(synchronise_paciente)
    app.post("/patients/{id}/pull", **sync_route)(pull_paciente)
    app.get("/config", **config)(read_config)
    app.post("/config", **config)(write_config)
    app.put("/config", **config)(change_config)
    app.include_router(operations.routes, responses={c: error[c] for c in (401, 403)})
    app.include_router(webhook.routes)
    app.exception_handler(RequestValidationError)(_invalid_request)
    app.exception_handler(ValidationError)(_invalid_request)
    app.exception_handler(FusionHubError)(_our_error)
    app.exception_handler(OperationalError)(_no_database)
    return app


def _openapi(request: Request) -> dict[str, Any]:
    return {**request.app.openapi(), "servers": [{"url": request.scope.get("root_path", "")}]}


def _docs() -> HTMLResponse:
    return get_swagger_ui_html(openapi_url="openapi.json", title="FHIR")


async def synchronise_observation(id: Id, who: Who, wait: Wait = False) -> Response:
    """Envia uma observação ao servidor FHIR do tenant."""
    tenant = await _tenant_with("observations", who, id, "observação inexistente neste tenant")
    return await _now_or_run(_send_observation(tenant, id) if wait else None, "fhir_push", who, {"tenant": tenant, "observacao": id})


async def synchronise_paciente(id: Id, who: Who, wait: Wait = False) -> Response:
    """Envia o cadastro de um paciente ao servidor FHIR do tenant."""
    tenant = await _tenant_with("patients", who, id, "paciente inexistente neste tenant")
    return await _now_or_run(_send_paciente(tenant, id) if wait else None, "fhir_push", who, {"tenant": tenant, "paciente": id})


async def pull_paciente(id: Id, who: Who, wait: Wait = False) -> Response:
    """Busca as observações de um paciente no servidor FHIR do tenant."""
    tenant = await _tenant_with(
        "patients", who, id, "paciente inexistente neste tenant, ou ainda sem ehrPatientId", "\"ehrPatientId\" <> ''"
    )
    return await _now_or_run(_look_up(tenant, id) if wait else None, "fhir_pull", who, {"tenant": tenant, "paciente": id})


async def synchronise_all(who: Who) -> Response:
    """Envia todas as observações não sincronizadas do tenant; um administrador sem ``tenant``: as de todos."""
    tenant = None if who.admin and who.request is None else await tenant_of(who)
    return await start_run("fhir_push", who.nome, {"tenant": tenant} if tenant else {})


async def _tenant_with(table: str, who: Who, id: str, missing: str, condition: str = "true") -> str:
    """The request's tenant; 404 with the text ``missing`` when it has no such row."""

    def exists() -> bool:
        query = f'SELECT 1 FROM {table} WHERE "tenantId" = :t AND id = :id AND {condition}'
        with platform().engine.connect() as con:
            return con.execute(text(query), {"t": tenant, "id": id}).first() is not None

    tenant = await tenant_of(who)
    if not await asyncio.to_thread(exists):
        raise HTTPException(404, missing)
    return tenant


async def _now_or_run(work: Coroutine[Any, Any, Done] | None, dag_id: str, who: Who, conf: dict[str, Any]) -> Response:
    """Do ``work`` within the time limit; without it, or after the limit, start a run."""
    try:
        if work is not None:
            return JSONResponse((await asyncio.wait_for(work, WAIT_MAX)).model_dump())
    except TimeoutError:
        pass
    return await start_run(dag_id, who.nome, conf)


async def _client(tenant: str, direction: Literal["push", "pull"]) -> Any:
    """Client of a tenant; 409 when its integration is off in this direction."""
    client = await asyncio.to_thread(platform().client, tenant)
    if not (client.config.sends if direction == "push" else client.config.receives):
        raise HTTPException(409, "a integração FHIR do tenant está desligada neste sentido")
    return client


async def _send_observation(tenant: str, id: str) -> Done:
    from include.fusion.wiring.fhir_names import FhirPush

    client = await _client(tenant, "push")
    result = await FhirPush(platform().engine, client, f"api/{secrets.token_hex(8)}|").run([id])
    if result.motivos:
        raise HTTPException(422, result.motivos.most_common(1)[0][0])
    from include.fusion.fhir.platform.repository import Repository

    local = (await asyncio.to_thread(Repository(platform().engine, tenant).observacoes, [id])).get(id)
    if local is None or not local.synchronised:
        raise HTTPException(409, "outro envio está com esta observação agora")
    return Done(fhirResourceId=local.fhir_id, contagens={"enviados": result.enviados, "inalterados": result.inalterados})


async def _send_paciente(tenant: str, id: str) -> Done:
    from include.fusion.fhir.platform.repository import Repository
    from include.fusion.fhir.push.patients import EhrPatients

    repository = Repository(platform().engine, tenant)
    person = await asyncio.to_thread(repository.person, id)
    assert person is not None
    async with await _client(tenant, "push") as client:
        return Done(fhirResourceId=await EhrPatients(repository, client).synchronise(person))


async def _look_up(tenant: str, id: str) -> Done:
    from include.fusion.fhir.pull.pull import Pull

    search = Pull(platform().engine, await _client(tenant, "pull"))
    person = await asyncio.to_thread(search.repository.person, id)
    assert person is not None and person.ehr_id is not None
    result = await search.run([(id, person.ehr_id)])
    if result.motivos:
        raise HTTPException(422, result.motivos.most_common(1)[0][0])
    return Done(contagens={k: v for k, v in vars(result).items() if isinstance(v, int)})


def read_config(who: Admin) -> dict[str, Any]:
    """Configuração do tenant; segredos vêm mascarados."""
    return _response(platform().configurations.obtain(who.tenant()))


def write_config(body: JsonBody, who: Admin, response: Response, mesmoServidor: SameServer = False) -> dict[str, Any]:  # noqa: N803
    """Cria ou substitui a configuração do tenant."""
    written, new = platform().configurations.write(who.tenant(), body, who.nome, same_server=mesmoServidor)
    response.status_code = 201 if new else 200
    return _response(written)


def change_config(body: JsonBody, who: Admin, mesmoServidor: SameServer = False) -> dict[str, Any]:  # noqa: N803
    """Altera os campos enviados; segredo ausente ou mascarado (`***`) continua o mesmo."""
    return _response(platform().configurations.write(who.tenant(), body, who.nome, partial=True, same_server=mesmoServidor)[0])


def _response(integracao: Any) -> dict[str, Any]:
    return {
        "tenantId": integracao.tenant_id,
        **integracao.config.masked(),
        "lastSyncAt": integracao.last_sync_at.isoformat() if integracao.last_sync_at else None,
        "lastError": integracao.last_error,
    }


async def _invalid_request(request: Request, error: Exception) -> Response:
    """Field and reason, never the value: a body holds secrets."""
    assert isinstance(error, RequestValidationError | ValidationError)
    details = [{"campo": ".".join(str(p) for p in e["loc"]), "erro": str(e["msg"]).removeprefix("Value error, ")} for e in error.errors()]
    return JSONResponse({"detail": details}, 422)


async def _our_error(request: Request, error: Exception) -> Response:
    from include.fusion.fhir.config.store import UnknownTenant
    from include.fusion.fhir.http.errors import FhirUnauthorized, FhirUnavailable

    status = 404 if isinstance(error, UnknownTenant) else 502 if isinstance(error, FhirUnavailable | FhirUnauthorized) else 422
    return JSONResponse({"detail": reason_of(error)}, 409 if type(error) is InvalidConfiguration else status)


async def _no_database(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": "o banco da plataforma não responde"}, 503)

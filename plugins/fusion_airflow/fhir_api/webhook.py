"""Call by the EHR: a signed notification pulls the changes at once. The signature replaces Airflow's token."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse

from fusion_airflow.fhir_api.access import NO_NUL
from fusion_airflow.fhir_api.shared import WAIT_MAX, platform, start_run
from include.fusion.fhir.pull import webhook
from include.fusion.wiring.names import InvalidConfiguration

routes = APIRouter()
CONCURRENT = 8
"""Pulls at a time in this process; after the time limit a waiting call gets a DAG run."""
_slots = asyncio.Semaphore(CONCURRENT)
Tenant = Annotated[str, Path(min_length=1, max_length=60, pattern=NO_NUL)]


@routes.post("/webhook/{tenant}", tags=["webhook"], response_model=None)
@routes.post("/webhook/{tenant}/{tipo}", include_in_schema=False, response_model=None)
@routes.put("/webhook/{tenant}/{tipo}/{id}", include_in_schema=False, response_model=None)
async def warn(tenant: Tenant, request: Request) -> Response:
    """Aviso do prontuário (FHIR Subscription, rest-hook): busca agora as observações dos pacientes citados.

    Cabeçalhos: `X-Fusion-Timestamp` e `X-Fusion-Signature: sha256=<HMAC-SHA256 de "<timestamp>.<corpo>" com webhookSecret>`. Servidores R4
    que acrescentam o tipo (e o id) do recurso ao endereço são atendidos também.
    """
    body = await _body(request)
    try:
        config = (await asyncio.to_thread(platform().configurations.obtain, tenant)).config
        signature = webhook.check(config, request.headers, body)
    except (webhook.NotificationRefused, InvalidConfiguration):
        # One answer for an unknown tenant and for a wrong signature: strangers learn nothing.
        raise HTTPException(401, "aviso recusado") from None
    if not config.receives:
        return JSONResponse({"situacao": "desligada"})
    try:
        ehr_ids = webhook.pacientes_of(body)
    except (ValueError, AttributeError, TypeError):
        raise HTTPException(400, "o corpo não é um recurso FHIR") from None
    engine = platform().engine
    if signature is not None and not await asyncio.to_thread(webhook.first_time, engine, tenant, signature):
        return JSONResponse({"situacao": "repetido"})
    try:
        return await _serve(tenant, ehr_ids)
    except BaseException:
        if signature is not None:
            await asyncio.to_thread(webhook.undo, engine, tenant, signature)
        raise


async def _serve(tenant: str, ehr_ids: set[str] | None) -> Response:
    if ehr_ids is None or len(ehr_ids) > webhook.PACIENTES_MAX:
        return await start_run("fhir_pull", "webhook", {"tenant": tenant}, join=True)
    pacientes = await asyncio.to_thread(webhook.local_ones, platform().engine, tenant, ehr_ids)
    if not pacientes:
        return JSONResponse({"situacao": "ignorado"})
    try:
        async with asyncio.timeout(WAIT_MAX), _slots:
            return JSONResponse({"situacao": "buscado", "contagens": await _look_up(tenant, pacientes)})
    except TimeoutError:
        conf = {"tenant": tenant} | ({"paciente": pacientes[0][0]} if len(pacientes) == 1 else {})
        return await start_run("fhir_pull", "webhook", conf, join=True)


async def _look_up(tenant: str, pacientes: list[tuple[str, str]]) -> dict[str, Any]:
    from include.fusion.fhir.pull.pull import Pull

    search = Pull(platform().engine, await asyncio.to_thread(platform().client, tenant))
    result = await search.run(pacientes)
    return {k: v for k, v in vars(result).items() if isinstance(v, int)}


async def _body(request: Request) -> bytes:
    """The body, up to the size of a notification: the sender is not verified yet."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > webhook.BODY_MAX:
            raise HTTPException(413, "aviso grande demais")
    return bytes(body)

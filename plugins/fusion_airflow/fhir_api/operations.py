"""Routes for data ops: dead letters, metrics, test of a configuration, and their page."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from fusion_airflow.fhir_api.access import NO_NUL, Route
from fusion_airflow.fhir_api.shared import Admin, JsonBody, Run, Who, platform, run_of, tenant_of
from include.fusion.fhir.http.probe import Probe, probe
from include.fusion.fhir.platform import operations

routes = APIRouter(route_class=Route)
# The page loads nothing from other servers, and only Airflow's UI may show it in a frame.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'self'"


class Resent(BaseModel):
    """Number of dead letters queued again, and the runs for them: one to send, one to fetch."""

    reenviadas: int
    execucoes: list[Run]


class ResendRequest(BaseModel):
    """``ids``: the ``chave`` of dead letters; left out: all of the tenant's."""

    ids: Annotated[list[Annotated[str, Field(pattern=NO_NUL)]], Field(min_length=1, max_length=1000)] | None = None


@routes.get("/dead-letters", tags=["operação"])
async def dead_letters(who: Who, depois: Annotated[int, Query(ge=0)] = 0, limite: Annotated[int, Query(ge=1, le=1000)] = 100) -> Any:
    """O que foi recusado no envio (`sentido` push) e na busca (pull), com o motivo; um administrador sem `tenant`: as de todos. `depois`: o último `id` da página anterior."""
    tenant = await _one_or_all(who)
    items = await asyncio.to_thread(operations.dead_letters, platform().engine, tenant, depois, limite)
    return {"itens": items, "proximo": items[-1]["id"] if len(items) == limite else None}


@routes.post("/dead-letters/resend", status_code=202, tags=["operação"])
async def resend(who: Who, request: ResendRequest | None = None) -> Resent:
    """Põe de novo na fila as recusadas do tenant (ou só `ids`) e inicia o envio das nossas e a busca das do servidor."""
    tenant = await tenant_of(who)
    send, look_up = await asyncio.to_thread(operations.resend, platform().engine, tenant, request.ids if request else None)
    runs = [await run_of("fhir_push", who.nome, {"tenant": tenant})] if send else []
    if look_up:
        runs.append(await run_of("fhir_pull", who.nome, {"tenant": tenant, "recusadas": "pedidas"}, join=True))
    return Resent(reenviadas=send + look_up, execucoes=runs)


@routes.get("/metrics", tags=["operação"])
async def metrics(who: Who, horas: Annotated[int, Query(ge=1, le=24 * 90)] = 24) -> Any:
    """Enviados, recebidos, falhas e latência por tenant e hora, e o que falta sincronizar agora."""
    return await asyncio.to_thread(operations.metrics, platform().engine, await _one_or_all(who), horas)


@routes.post("/config/test", tags=["configuração"])
async def test_config(body: JsonBody, who: Admin) -> Probe:
    """Testa a configuração enviada sem gravá-la: token, CapabilityStatement e acesso. Segredo mascarado (`***`) é o gravado."""
    tenant = await tenant_of(who)
    return await probe(tenant, await asyncio.to_thread(platform().configurations.preview, tenant, body))


@routes.get("/tenants", tags=["configuração"])
def list_tenants(who: Admin) -> list[dict[str, Any]]:
    """Tenants da plataforma e se já têm integração."""
    return platform().configurations.tenants()


@routes.get("/page", response_class=HTMLResponse, include_in_schema=False)
def page(who: Admin) -> HTMLResponse:
    """The configuration page in Airflow's UI."""
    html = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


async def _one_or_all(who: Any) -> str | None:
    return None if who.admin and who.request is None else await tenant_of(who)

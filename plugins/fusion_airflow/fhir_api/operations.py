"""Routes for operators: dead letter, figures, test of a configuration, and the page that shows them."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from fusion_airflow.fhir_api.access import SEM_NULO
from fusion_airflow.fhir_api.shared import Admin, Corpo, Execucao, Quem, execucao_de, plataforma, tenant_de
from include.fusion.fhir.http.probe import Sondagem

rotas = APIRouter()
PAGINA = Path(__file__).with_name("page.html")
# The page loads nothing from anywhere, and only Airflow's own UI may show it in a frame.
_POLITICA = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'self'"


class Reenviadas(BaseModel):
    """How many dead letters are on their way again, and the runs that take them: one to send, one to fetch."""

    reenviadas: int
    execucoes: list[Execucao]


class Reenvio(BaseModel):
    """``ids``: the ``chave`` of dead letters; left out: all of the tenant's."""

    ids: Annotated[list[Annotated[str, Field(pattern=SEM_NULO)]], Field(min_length=1, max_length=1000)] | None = None


@rotas.get("/dead-letters", tags=["operação"])
async def cartas_mortas(quem: Quem, depois: Annotated[int, Query(ge=0)] = 0, limite: Annotated[int, Query(ge=1, le=1000)] = 100) -> Any:
    """O que foi recusado no envio (`sentido` push) e na busca (pull), com o motivo; um administrador sem `tenant`: as de todos. `depois`: o último `id` da página anterior."""
    from include.fusion.fhir.platform import operations

    tenant = await _um_ou_todos(quem)
    itens = await asyncio.to_thread(operations.cartas_mortas, plataforma().engine, tenant, depois, limite)
    return {"itens": itens, "proximo": itens[-1]["id"] if len(itens) == limite else None}


@rotas.post("/dead-letters/resend", status_code=202, tags=["operação"])
async def reenviar(quem: Quem, pedido: Reenvio | None = None) -> Reenviadas:
    """Põe de novo na fila as recusadas do tenant (ou só `ids`) e inicia o envio das nossas e a busca das do servidor."""
    from include.fusion.fhir.platform import operations

    tenant = await tenant_de(quem)
    enviar, buscar = await asyncio.to_thread(operations.reenviar, plataforma().engine, tenant, pedido.ids if pedido else None)
    execucoes = [await execucao_de("fhir_push", quem.nome, {"tenant": tenant})] if enviar else []
    if buscar:
        execucoes.append(await execucao_de("fhir_pull", quem.nome, {"tenant": tenant, "recusadas": "pedidas"}, juntar=True))
    return Reenviadas(reenviadas=enviar + buscar, execucoes=execucoes)


@rotas.get("/metrics", tags=["operação"])
async def metricas(quem: Quem, horas: Annotated[int, Query(ge=1, le=24 * 90)] = 24) -> Any:
    """Enviados, recebidos, falhas e latência por tenant e hora, e o que falta sincronizar agora."""
    from include.fusion.fhir.platform import operations

    return await asyncio.to_thread(operations.metricas, plataforma().engine, await _um_ou_todos(quem), horas)


@rotas.post("/config/test", tags=["configuração"])
async def testar_config(corpo: Corpo, quem: Admin) -> Sondagem:
    """Testa a configuração enviada sem gravá-la: token, CapabilityStatement e acesso. Segredo mascarado (`***`) é o gravado."""
    from include.fusion.fhir.http.probe import sondar

    tenant = await tenant_de(quem)
    return await sondar(tenant, await asyncio.to_thread(plataforma().configuracoes.previa, tenant, corpo))


@rotas.get("/tenants", tags=["configuração"])
def listar_tenants(quem: Admin) -> list[dict[str, Any]]:
    """Tenants da plataforma e se já têm integração."""
    return plataforma().configuracoes.tenants()


@rotas.get("/page", response_class=HTMLResponse, include_in_schema=False)
def pagina(quem: Admin) -> HTMLResponse:
    """The configuration page in Airflow's UI."""
    return HTMLResponse(_html(), headers={"Content-Security-Policy": _POLITICA, "Cache-Control": "no-store"})


@lru_cache(maxsize=1)
def _html() -> str:
    return PAGINA.read_text(encoding="utf-8")


async def _um_ou_todos(quem: Any) -> str | None:
    return None if quem.admin and quem.pedido is None else await tenant_de(quem)

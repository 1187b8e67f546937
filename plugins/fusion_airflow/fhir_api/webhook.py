"""The EHR's own call: a signed notification pulls at once what changed. The signature stands in the place of Airflow's tokens."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse

from fusion_airflow.fhir_api.access import SEM_NULO
from fusion_airflow.fhir_api.shared import ESPERA_MAX, iniciar, plataforma
from include.fusion.fhir.pull import webhook
from include.fusion.wiring.names import ConfiguracaoInvalida

rotas = APIRouter()
JUNTOS = 8
"""Pulls at a time in this process; who waits longer than the time limit gets a DAG run."""
_vagas = asyncio.Semaphore(JUNTOS)
Tenant = Annotated[str, Path(min_length=1, max_length=60, pattern=SEM_NULO)]


@rotas.post("/webhook/{tenant}", tags=["webhook"], response_model=None)
@rotas.post("/webhook/{tenant}/{tipo}", include_in_schema=False, response_model=None)
@rotas.put("/webhook/{tenant}/{tipo}/{id}", include_in_schema=False, response_model=None)
async def avisar(tenant: Tenant, request: Request) -> Response:
    """Aviso do prontuário (FHIR Subscription, rest-hook): busca agora as observações dos pacientes citados.

    Cabeçalhos: `X-Fusion-Timestamp` e `X-Fusion-Signature: sha256=<HMAC-SHA256 de "<timestamp>.<corpo>" com webhookSecret>`. Servidores R4
    que acrescentam o tipo (e o id) do recurso ao endereço são atendidos também.
    """
    corpo = await _corpo(request)
    try:
        config = (await asyncio.to_thread(plataforma().configuracoes.obter, tenant)).config
        assinatura = webhook.conferir(config, request.headers, corpo)
    except (webhook.AvisoRecusado, ConfiguracaoInvalida):
        # The same for an unknown tenant as for a wrong signature: strangers learn nothing.
        raise HTTPException(401, "aviso recusado") from None
    if not config.recebe:
        return JSONResponse({"situacao": "desligada"})
    try:
        ehr_ids = webhook.pacientes_de(corpo)
    except (ValueError, AttributeError, TypeError):
        raise HTTPException(400, "o corpo não é um recurso FHIR") from None
    motor = plataforma().engine
    if assinatura is not None and not await asyncio.to_thread(webhook.primeira_vez, motor, tenant, assinatura):
        return JSONResponse({"situacao": "repetido"})
    try:
        return await _atender(tenant, ehr_ids)
    except BaseException:
        if assinatura is not None:
            await asyncio.to_thread(webhook.desfazer, motor, tenant, assinatura)
        raise


async def _atender(tenant: str, ehr_ids: set[str] | None) -> Response:
    if ehr_ids is None or len(ehr_ids) > webhook.PACIENTES_MAX:
        return await iniciar("fhir_pull", "webhook", {"tenant": tenant}, juntar=True)
    pacientes = await asyncio.to_thread(webhook.locais, plataforma().engine, tenant, ehr_ids)
    if not pacientes:
        return JSONResponse({"situacao": "ignorado"})
    try:
        async with asyncio.timeout(ESPERA_MAX), _vagas:
            return JSONResponse({"situacao": "buscado", "contagens": await _buscar(tenant, pacientes)})
    except TimeoutError:
        conf = {"tenant": tenant} | ({"paciente": pacientes[0][0]} if len(pacientes) == 1 else {})
        return await iniciar("fhir_pull", "webhook", conf, juntar=True)


async def _buscar(tenant: str, pacientes: list[tuple[str, str]]) -> dict[str, Any]:
    from include.fusion.fhir.pull.pull import Busca

    busca = Busca(plataforma().engine, await asyncio.to_thread(plataforma().cliente, tenant))
    resultado = await busca.executar(pacientes)
    return {k: v for k, v in vars(resultado).items() if isinstance(v, int)}


async def _corpo(request: Request) -> bytes:
    """What was sent, while it is of a notification's size: nobody has proved yet who sends it."""
    lido = bytearray()
    async for parte in request.stream():
        lido += parte
        if len(lido) > webhook.CORPO_MAX:
            raise HTTPException(413, "aviso grande demais")
    return bytes(lido)

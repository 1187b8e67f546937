"""The FHIR API of seed 002: synchronisation on request, configuration of a tenant. Airflow's tokens and roles guard every route.

A request for synchronisation starts a DAG run and answers 202 with where to watch it; ``?wait=true`` does a single record at once.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from fusion_airflow.fhir_api.shared import (
    ESPERA_MAX,
    Admin,
    Corpo,
    Execucao,
    Feito,
    Id,
    Quem,
    Wait,
    id_curto,
    iniciar,
    plataforma,
    tenant_de,
)
from include.fusion.wiring.names import ConfiguracaoInvalida, FusionHubError, motivo_de

MesmoServidor = Annotated[bool, Query(description="true: o novo endereço é do mesmo servidor; os vínculos com ele continuam valendo")]


def criar() -> FastAPI:
    """The application that the plugin mounts."""
    from fusion_airflow.fhir_api import (
        operations,
        webhook,  # They build on this module.
    )

    app = FastAPI(title="FHIR", version="1", description=__doc__ or "")
    erro = {c: {"description": d} for c, d in ((401, "sem credencial válida"), (403, "sem direito"), (404, "não existe"))}
    feito = {200: {"model": Feito}, 202: {"model": Execucao}}
    sincronia: dict[str, Any] = {"status_code": 202, "response_model": None, "responses": {**feito, **erro}, "tags": ["sincronização"]}
    config: dict[str, Any] = {"responses": erro, "tags": ["configuração"]}
    app.post("/observations/sync-all", **sincronia)(sincronizar_todas)
    app.post("/observations/{id}/sync", **sincronia)(sincronizar_observacao)
    app.post("/patients/{id}/sync", **sincronia)(sincronizar_paciente)
    app.post("/patients/{id}/pull", **sincronia)(buscar_paciente)
    app.get("/config", **config)(ler_config)
    app.post("/config", **config)(gravar_config)
    app.put("/config", **config)(alterar_config)
    app.include_router(operations.rotas, responses={c: erro[c] for c in (401, 403)})
    app.include_router(webhook.rotas)
    app.exception_handler(RequestValidationError)(_pedido_invalido)
    app.exception_handler(ValidationError)(_pedido_invalido)
    app.exception_handler(FusionHubError)(_erro_nosso)
    app.exception_handler(OperationalError)(_sem_banco)
    return app


# -- synchronisation -----------------------------------------------------------------------------------------------------------------


async def sincronizar_observacao(id: Id, quem: Quem, wait: Wait = False) -> Response:
    """Envia uma observação ao servidor FHIR do tenant."""
    tenant = await tenant_de(quem)
    if not await asyncio.to_thread(_existe, "observations", tenant, id):
        raise HTTPException(404, "observação inexistente neste tenant")
    if wait and (resposta := await _agora(_enviar_observacao(tenant, id))) is not None:
        return resposta
    return await iniciar("fhir_push", quem.nome, {"tenant": tenant, "observacao": id})


async def sincronizar_paciente(id: Id, quem: Quem, wait: Wait = False) -> Response:
    """Envia o cadastro de um paciente ao servidor FHIR do tenant."""
    tenant = await tenant_de(quem)
    if not await asyncio.to_thread(_existe, "patients", tenant, id):
        raise HTTPException(404, "paciente inexistente neste tenant")
    if wait and (resposta := await _agora(_enviar_paciente(tenant, id))) is not None:
        return resposta
    return await iniciar("fhir_push", quem.nome, {"tenant": tenant, "paciente": id})


async def buscar_paciente(id: Id, quem: Quem, wait: Wait = False) -> Response:
    """Busca as observações de um paciente no servidor FHIR do tenant."""
    tenant = await tenant_de(quem)
    if not await asyncio.to_thread(_existe, "patients", tenant, id, "\"ehrPatientId\" <> ''"):
        raise HTTPException(404, "paciente inexistente neste tenant, ou ainda sem ehrPatientId")
    if wait and (resposta := await _agora(_buscar(tenant, id))) is not None:
        return resposta
    return await iniciar("fhir_pull", quem.nome, {"tenant": tenant, "paciente": id})


async def sincronizar_todas(quem: Quem) -> Response:
    """Envia todas as observações não sincronizadas do tenant; um administrador sem ``tenant``: as de todos."""
    tenant = None if quem.admin and quem.pedido is None else await tenant_de(quem)
    return await iniciar("fhir_push", quem.nome, {"tenant": tenant} if tenant else {})


def _existe(tabela: str, tenant: str, id: str, condicao: str = "true") -> bool:
    from sqlalchemy import text

    with plataforma().engine.connect() as con:
        consulta = f'SELECT 1 FROM {tabela} WHERE "tenantId" = :t AND id = :id AND {condicao}'
        return con.execute(text(consulta), {"t": tenant, "id": id}).first() is not None


async def _agora(tarefa: Any) -> Response | None:
    """Do it within the time limit; ``None`` when it takes longer."""
    try:
        feito: Feito = await asyncio.wait_for(tarefa, ESPERA_MAX)
    except TimeoutError:
        return None
    return JSONResponse(feito.model_dump())


async def _cliente(tenant: str, sentido: Literal["push", "pull"]) -> Any:
    """Client of a tenant whose integration is switched on in this direction; 409 otherwise: nothing leaves by a side door."""
    cliente = await asyncio.to_thread(plataforma().cliente, tenant)
    if not (cliente.config.envia if sentido == "push" else cliente.config.recebe):
        raise HTTPException(409, "a integração FHIR do tenant está desligada neste sentido")
    return cliente


async def _enviar_observacao(tenant: str, id: str) -> Feito:
    from include.fusion.wiring.fhir_names import Envio

    cliente = await _cliente(tenant, "push")
    resultado = await Envio(plataforma().engine, cliente, f"api/{id_curto()}|").executar([id])
    if resultado.motivos:
        raise HTTPException(422, resultado.motivos.most_common(1)[0][0])
    from include.fusion.fhir.platform.repository import Repositorio

    local = (await asyncio.to_thread(Repositorio(plataforma().engine, tenant).observacoes, [id])).get(id)
    if local is None or not local.sincronizada:
        raise HTTPException(409, "outro envio está com esta observação agora")
    return Feito(fhirResourceId=local.fhir_id, contagens={"enviados": resultado.enviados, "inalterados": resultado.inalterados})


async def _enviar_paciente(tenant: str, id: str) -> Feito:
    from include.fusion.fhir.platform.repository import Repositorio
    from include.fusion.fhir.push.patients import Pessoas

    repositorio = Repositorio(plataforma().engine, tenant)
    pessoa = await asyncio.to_thread(repositorio.pessoa, id)
    assert pessoa is not None
    async with await _cliente(tenant, "push") as cliente:
        return Feito(fhirResourceId=await Pessoas(repositorio, cliente).sincronizar(pessoa))


async def _buscar(tenant: str, id: str) -> Feito:
    from include.fusion.fhir.pull.pull import Busca

    busca = Busca(plataforma().engine, await _cliente(tenant, "pull"))
    pessoa = await asyncio.to_thread(busca.repositorio.pessoa, id)
    assert pessoa is not None and pessoa.ehr_id is not None
    resultado = await busca.executar([(id, pessoa.ehr_id)])
    if resultado.motivos:
        raise HTTPException(422, resultado.motivos.most_common(1)[0][0])
    return Feito(contagens={k: v for k, v in vars(resultado).items() if isinstance(v, int)})


# -- configuration -------------------------------------------------------------------------------------------------------------------


def ler_config(quem: Admin) -> dict[str, Any]:
    """Configuração do tenant; segredos vêm mascarados."""
    return _resposta(plataforma().configuracoes.obter(quem.tenant()))


def gravar_config(corpo: Corpo, quem: Admin, resposta: Response, mesmoServidor: MesmoServidor = False) -> dict[str, Any]:  # noqa: N803
    """Cria ou substitui a configuração do tenant."""
    gravada, nova = plataforma().configuracoes.gravar(quem.tenant(), corpo, quem.nome, mesmo_servidor=mesmoServidor)
    resposta.status_code = 201 if nova else 200
    return _resposta(gravada)


def alterar_config(corpo: Corpo, quem: Admin, mesmoServidor: MesmoServidor = False) -> dict[str, Any]:  # noqa: N803
    """Altera os campos enviados; segredo ausente ou mascarado (`***`) continua o mesmo."""
    return _resposta(plataforma().configuracoes.gravar(quem.tenant(), corpo, quem.nome, parcial=True, mesmo_servidor=mesmoServidor)[0])


def _resposta(integracao: Any) -> dict[str, Any]:
    sincronia = integracao.last_sync_at
    return {
        "tenantId": integracao.tenant_id,
        **integracao.config.mascarada(),
        "lastSyncAt": sincronia.isoformat() if sincronia else None,
        "lastError": integracao.last_error,
    }


# -- errors --------------------------------------------------------------------------------------------------------------------------


async def _pedido_invalido(request: Request, erro: Exception) -> Response:
    """Where and why, never what was sent: a body holds secrets."""
    assert isinstance(erro, RequestValidationError | ValidationError)
    detalhes = [{"campo": ".".join(str(p) for p in e["loc"]), "erro": str(e["msg"]).removeprefix("Value error, ")} for e in erro.errors()]
    return JSONResponse({"detail": detalhes}, 422)


async def _erro_nosso(request: Request, erro: Exception) -> Response:
    from include.fusion.fhir.config.store import TenantDesconhecido
    from include.fusion.fhir.http.errors import FhirIndisponivel, FhirNaoAutorizado

    status = 404 if isinstance(erro, TenantDesconhecido) else 502 if isinstance(erro, FhirIndisponivel | FhirNaoAutorizado) else 422
    return JSONResponse({"detail": motivo_de(erro)}, 409 if type(erro) is ConfiguracaoInvalida else status)


async def _sem_banco(request: Request, erro: Exception) -> Response:
    return JSONResponse({"detail": "o banco da plataforma não responde"}, 503)

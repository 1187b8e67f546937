"""What the routes share: who asks, which tenant, runs that are started and waited for."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import Body, Depends, HTTPException, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from fusion_airflow.fhir_api.access import SEM_NULO, Chamador, admin, chamador
from fusion_airflow.fhir_api.examples import EXEMPLOS
from fusion_airflow.hooks.platform import Plataforma

ESPERA_MAX = 25.0
"""Seconds that ``?wait=true`` may take; then the request goes on as a DAG run."""


Id = Annotated[str, Path(min_length=1, max_length=200, pattern=SEM_NULO, examples=["5f0c0c1e-6c1f-4b8e-9d0a-2f1f6f1f0c11"])]


Wait = Annotated[bool, Query(description="true: faz agora, em até 25 s, em vez de iniciar uma execução")]


Quem = Annotated[Chamador, Depends(chamador)]


Admin = Annotated[Chamador, Depends(admin)]


Corpo = Annotated[dict[str, Any], Body(openapi_examples=EXEMPLOS)]


class Execucao(BaseModel):
    """A DAG run that was started."""

    dag_id: str
    dag_run_id: str
    acompanhar: str
    """Where Airflow's own API tells its state."""


class Feito(BaseModel):
    """A record that was synchronised at once."""

    situacao: Literal["sincronizado"] = "sincronizado"
    fhirResourceId: str | None = None  # noqa: N815 - the seed's name
    contagens: dict[str, int] = {}


@lru_cache(maxsize=1)
def plataforma() -> Plataforma:
    """One for the API server's life."""
    return Plataforma(aplicacao="fhir.api", tempo_limite=ESPERA_MAX)


async def tenant_de(quem: Chamador) -> str:
    """The one that was asked for, checked; 404 when an administrator asks for one that is not there."""
    tenant = quem.tenant()
    if not await asyncio.to_thread(plataforma().configuracoes.existe_tenant, tenant):
        raise HTTPException(404, "tenant inexistente")
    return tenant


def id_curto() -> str:
    """Owner of what one request reserves."""
    import secrets

    return secrets.token_hex(8)


async def iniciar(dag_id: str, quem: str, conf: dict[str, Any], *, juntar: bool = False) -> Response:
    """Start a run in the name of ``quem``; 202. ``juntar``: one that waits to do the very same is enough."""
    execucao = await execucao_de(dag_id, quem, conf, juntar=juntar)
    return JSONResponse(execucao.model_dump(), 202, {"Location": execucao.acompanhar})


async def execucao_de(dag_id: str, quem: str, conf: dict[str, Any], *, juntar: bool = False) -> Execucao:
    """The run that was started, or that waits already."""

    def disparar() -> str:
        from airflow.api.common.trigger_dag import trigger_dag
        from airflow.exceptions import DagNotFound
        from airflow.utils.types import DagRunTriggeredByType

        if juntar and (esperando := _na_fila(dag_id, conf)) is not None:
            return esperando
        try:
            corrida = trigger_dag(dag_id, triggered_by=DagRunTriggeredByType.REST_API, triggering_user_name=quem, conf=conf)
        except DagNotFound:
            raise HTTPException(503, f"a DAG {dag_id} ainda não foi carregada") from None
        assert corrida is not None
        return str(corrida.run_id)

    corrida = await asyncio.to_thread(disparar)
    return Execucao(dag_id=dag_id, dag_run_id=corrida, acompanhar=f"/api/v2/dags/{dag_id}/dagRuns/{corrida}")


def _na_fila(dag_id: str, conf: dict[str, Any]) -> str | None:
    """Id of a run that has not begun and was asked for the same."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    with create_session() as sessao:
        consulta = select(DagRun.run_id, DagRun.conf).where(DagRun.dag_id == dag_id, DagRun.state == DagRunState.QUEUED)
        return next((str(run_id) for run_id, pedido in sessao.execute(consulta) if pedido == conf), None)

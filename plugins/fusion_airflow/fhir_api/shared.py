"""Common to the routes: caller, tenant, start of DAG runs."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import Body, Depends, HTTPException, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from fusion_airflow.fhir_api.access import NO_NUL, Caller, admin, caller
from fusion_airflow.fhir_api.examples import EXAMPLES
from fusion_airflow.hooks.platform import Platform

WAIT_MAX = 25.0
"""Seconds for ``?wait=true``; after them the request continues as a DAG run."""
Id = Annotated[str, Path(min_length=1, max_length=200, pattern=NO_NUL, examples=["5f0c0c1e-6c1f-4b8e-9d0a-2f1f6f1f0c11"])]
Wait = Annotated[bool, Query(description="true: faz agora, em até 25 s, em vez de iniciar uma execução")]
Who = Annotated[Caller, Depends(caller)]
Admin = Annotated[Caller, Depends(admin)]
JsonBody = Annotated[dict[str, Any], Body(openapi_examples=EXAMPLES)]


class Run(BaseModel):
    """A DAG run that was started."""

    dag_id: str
    dag_run_id: str
    acompanhar: str
    """Address of its state in Airflow's API."""


class Done(BaseModel):
    """A record that was synchronised at once."""

    situacao: Literal["sincronizado"] = "sincronizado"
    fhirResourceId: str | None = None  # noqa: N815 - the name in the API
    contagens: dict[str, int] = {}


@lru_cache(maxsize=1)
def platform() -> Platform:
    """One for the whole life of the API server."""
    return Platform(application="fhir.api", time_limit=WAIT_MAX)


async def tenant_of(who: Caller) -> str:
    """The tenant of this request; 404 when it does not exist."""
    tenant = who.tenant()
    if not await asyncio.to_thread(platform().configurations.tenant_exists, tenant):
        raise HTTPException(404, "tenant inexistente")
    return tenant


async def start_run(dag_id: str, who: str, conf: dict[str, Any], *, join: bool = False) -> Response:
    """Start a run in the name of ``who``; 202. ``join``: use a queued run with the same ``conf`` if there is one."""
    last_run = await run_of(dag_id, who, conf, join=join)
    return JSONResponse(last_run.model_dump(), 202, {"Location": last_run.acompanhar})


async def run_of(dag_id: str, who: str, conf: dict[str, Any], *, join: bool = False) -> Run:
    """The new run, or with ``join`` the queued one."""

    def trigger() -> str:
        from airflow.api.common.trigger_dag import trigger_dag
        from airflow.exceptions import DagNotFound
        from airflow.utils.types import DagRunTriggeredByType

        if join and (waiting := _in_queue(dag_id, conf)) is not None:
            return waiting
        try:
            dag_run = trigger_dag(dag_id, triggered_by=DagRunTriggeredByType.REST_API, triggering_user_name=who, conf=conf)
        except DagNotFound:
            raise HTTPException(503, f"a DAG {dag_id} ainda não foi carregada") from None
        assert dag_run is not None
        return str(dag_run.run_id)

    dag_run = await asyncio.to_thread(trigger)
    return Run(dag_id=dag_id, dag_run_id=dag_run, acompanhar=f"/api/v2/dags/{dag_id}/dagRuns/{dag_run}")


def _in_queue(dag_id: str, conf: dict[str, Any]) -> str | None:
    """Id of a queued run with the same ``conf``."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    with create_session() as session:
        query = select(DagRun.run_id, DagRun.conf).where(DagRun.dag_id == dag_id, DagRun.state == DagRunState.QUEUED)
        return next((str(run_id) for run_id, request in session.execute(query) if request == conf), None)

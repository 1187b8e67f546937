"""Reports of check-ups as pages and JSON, for those who may see the runs of ``conferir_instalacao``."""

from __future__ import annotations

from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, HTTPException, Path, Response
from fastapi.responses import HTMLResponse

from fusion_airflow.fhir_api.access import Route
from include.fusion.wiring.names import FusionHubError, as_html, stored_report

Entry = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$")]
# The page loads nothing, and only Airflow's UI may show it in a frame.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_TIME_LIMIT = 25.0


def create() -> FastAPI:
    """The application for the plugin. Its routes read the hub's database, and nothing else."""
    app = FastAPI(title="Conferência", openapi_url=None)
    app.router.route_class = Route
    may_see = [Depends(requires_access_dag("GET", DagAccessEntity.RUN, "conferir_instalacao"))]
    app.get("/{entry}", dependencies=may_see)(page)
    app.get("/{entry}/json", dependencies=may_see)(as_json)
    return app


def page(entry: Entry) -> Response:
    """O último relatório desta instalação."""
    return HTMLResponse(as_html(_report(entry)), headers={"Content-Security-Policy": _POLICY})


def as_json(entry: Entry) -> Response:
    """O mesmo, para programas."""
    return Response(_report(entry).as_json(), media_type="application/json")


def _report(entry_id: str) -> Any:
    from fusion_airflow.hooks.engines import engine_for

    engine = engine_for(_database_of(entry_id), application="conferencia", time_limit=_TIME_LIMIT)
    try:
        report = stored_report(engine, entry_id)
    finally:
        engine.dispose()
    if report is None:
        raise HTTPException(404, "não há conferência desta instalação: dispare a DAG conferir_instalacao")
    return report


def _database_of(entry_id: str) -> str:
    """The hub's database of this entry. An entry that came by Git after the image is not in the image's settings: then the usual one."""
    from include.fusion.settings import obtain

    try:
        return obtain(entry_id).conexoes.database
    except FusionHubError:
        return "fusion_db"

"""The Airflow plugin: the FHIR API on the API server."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin


class LazyApp:
    """ASGI application, built at its first request: every task start imports plugins, and a task serves no HTTP."""

    _app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            from fusion_airflow.fhir_api.routes import create

            self._app = create()
        await self._app(scope, receive, send)


class FusionPlugin(AirflowPlugin):
    """Mounted before Airflow's own routes: one of them answers all of ``/api/v1``."""

    name = "fusion"
    fastapi_apps: ClassVar[list[Any]] = [{"app": LazyApp(), "url_prefix": "/api/v1/fhir", "name": "FHIR"}]
    external_views: ClassVar[list[Any]] = [
        {"name": "FHIR", "href": "/api/v1/fhir/page", "destination": "nav", "category": "admin", "url_route": "fhir"}
    ]

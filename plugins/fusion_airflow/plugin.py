"""The Airflow plugin: the FHIR API and the reports of check-ups on the API server."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin


class LazyApp:
    """ASGI application, built at its first request: every task start imports plugins, and a task serves no HTTP."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            self._app = importlib.import_module(self._module).create()
        await self._app(scope, receive, send)


class FusionPlugin(AirflowPlugin):
    """Mounted before Airflow's own routes: one of them answers all of ``/api/v1``."""

    name = "fusion"
    fastapi_apps: ClassVar[list[Any]] = [
        {"app": LazyApp("fusion_airflow.fhir_api.routes"), "url_prefix": "/api/v1/fhir", "name": "FHIR"},
        {"app": LazyApp("fusion_airflow.checkup_page.routes"), "url_prefix": "/conferencia", "name": "Conferência"},
    ]
    external_views: ClassVar[list[Any]] = [
        {"name": "FHIR", "href": "/api/v1/fhir/page", "destination": "nav", "category": "admin", "url_route": "fhir"}
    ]

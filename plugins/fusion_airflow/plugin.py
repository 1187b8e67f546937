"""What Airflow loads of this folder as a plugin: the FHIR API on the API server, at the seed's own paths."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from fusion_airflow.fhir.api import PREFIXO, criar


class FusionPlugin(AirflowPlugin):
    """Mounted before Airflow's own routes, of which one answers for all of ``/api/v1``."""

    name = "fusion"
    fastapi_apps: ClassVar[list[Any]] = [{"app": criar(), "url_prefix": PREFIXO, "name": "FHIR"}]

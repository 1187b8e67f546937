"""Hook for any FHIR R4 server: an Airflow connection, or a tenant's configuration in the platform's database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from fusion_airflow.hooks.platform import PLATFORM_CONN_ID, Platform

if TYPE_CHECKING:
    from include.fusion.fhir.config.model import FhirConfig
    from include.fusion.fhir.http.client import FhirClient

_FROM_LOGIN = {"basic": ("username", "password"), "oauth2": ("clientId", "clientSecret"), "apikey": ("", "apiKey")}


class FhirHook(BaseHook):
    """``FhirHook(tenant="…")`` or ``FhirHook(fhir_conn_id="…")``.

    A connection (type http) has host, schema, port, login and password; its extra has the fields of the API's JSON (``authType``, default
    basic, ``authConfig``, ``maxRetries``, ``metadata``, …) and ``path``.
    """

    conn_name_attr = "fhir_conn_id"
    default_conn_name = "fhir_default"

    def __init__(self, fhir_conn_id: str | None = None, *, tenant: str | None = None, plataforma_conn_id: str = PLATFORM_CONN_ID) -> None:
        super().__init__()
        if (fhir_conn_id is None) == (tenant is None):
            raise ValueError("give fhir_conn_id or tenant, one of them")
        self.fhir_conn_id = fhir_conn_id
        self.tenant = tenant
        self.platform = Platform(plataforma_conn_id)

    def configuration(self) -> FhirConfig:
        """:raises ValidationError, InvalidConfiguration: it is wrong."""
        from include.fusion.fhir.config.model import FhirConfig

        if self.fhir_conn_id is None:
            return self.platform.configurations.obtain(self.tenant or "").config
        connection = self.get_connection(self.fhir_conn_id)
        extra: dict[str, Any] = dict(connection.extra_dejson)
        port = f":{connection.port}" if connection.port else ""
        extra.setdefault("baseUrl", f"{connection.schema or 'https'}://{connection.host}{port}/{extra.pop('path', 'fhir').strip('/')}")
        kind = extra.setdefault("authType", "basic")
        access = extra.setdefault("authConfig", {})
        login, password = _FROM_LOGIN.get(kind, ("", ""))
        for field, value in ((login, connection.login), (password, connection.password)):
            if field and value and not (field == "clientSecret" and "privateKey" in access):
                access.setdefault(field, value)
        return FhirConfig.model_validate({"enabled": True, **extra})

    def get_conn(self) -> FhirClient:
        """Client for one event loop; use it as an async context manager."""
        from include.fusion.fhir.http.client import FhirClient

        return FhirClient(self.tenant or self.fhir_conn_id or "", self.configuration(), self.platform.tokens)

    def capabilities(self) -> dict[str, Any]:
        """The server's CapabilityStatement, read with our credentials."""

        async def ask() -> Any:
            async with self.get_conn() as client:
                return (await client.ask("GET", "metadata", "CapabilityStatement")).body

        return dict(asyncio.run(ask()))

    def test_connection(self) -> tuple[bool, str]:
        """For the UI's Test button: credentials and FHIR version included."""
        from pydantic import ValidationError

        from include.fusion.wiring.names import FusionHubError, reason_of

        try:
            version = str(self.capabilities().get("fhirVersion"))
        except (FusionHubError, ValidationError) as error:
            return False, reason_of(error)
        return version.startswith("4."), f"servidor FHIR {version}"

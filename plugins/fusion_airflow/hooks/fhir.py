"""Hook for any FHIR R4 server: an Airflow connection, or a tenant's configuration in the platform's database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from fusion_airflow.hooks.platform import CONEXAO, Plataforma

if TYPE_CHECKING:
    from include.fusion.fhir.config.model import Configuracao
    from include.fusion.fhir.http.client import ClienteFhir


class FhirHook(BaseHook):
    """``FhirHook(tenant="…")`` or ``FhirHook(fhir_conn_id="…")``.

    A connection (type http) gives the address by host, schema and port, and login and password; its extra holds what the API's JSON holds
    (``path``, ``authType``, ``authConfig``, ``maxRetries``, ``metadata``, …). Left out, ``authType`` is basic.
    """

    conn_name_attr = "fhir_conn_id"
    default_conn_name = "fhir_default"

    def __init__(self, fhir_conn_id: str | None = None, *, tenant: str | None = None, plataforma_conn_id: str = CONEXAO) -> None:
        super().__init__()
        if (fhir_conn_id is None) == (tenant is None):
            raise ValueError("give fhir_conn_id or tenant, one of them")
        self.fhir_conn_id = fhir_conn_id
        self.tenant = tenant
        self.plataforma = Plataforma(plataforma_conn_id)

    def configuracao(self) -> Configuracao:
        """pydantic's ``ValidationError`` or ``ConfiguracaoInvalida`` when it makes no sense."""
        from include.fusion.fhir.config.model import Configuracao

        if self.fhir_conn_id is None:
            return self.plataforma.configuracoes.obter(self.tenant or "").config
        conexao = self.get_connection(self.fhir_conn_id)
        extra: dict[str, Any] = dict(conexao.extra_dejson)
        porta = f":{conexao.port}" if conexao.port else ""
        extra.setdefault("baseUrl", f"{conexao.schema or 'https'}://{conexao.host}{porta}/{extra.pop('path', 'fhir').strip('/')}")
        tipo = extra.setdefault("authType", "basic")
        acesso = extra.setdefault("authConfig", {})
        do_login = {"basic": ("username", "password"), "oauth2": ("clientId", "clientSecret"), "apikey": (None, "apiKey")}.get(
            tipo, (None, None)
        )
        for campo, valor in zip(do_login, (conexao.login, conexao.password), strict=True):
            if campo is not None and valor and not (campo == "clientSecret" and "privateKey" in acesso):
                acesso.setdefault(campo, valor)
        return Configuracao.model_validate({"enabled": True, **extra})

    def get_conn(self) -> ClienteFhir:
        """Client for one event loop; use it as an async context manager."""
        from include.fusion.fhir.http.client import ClienteFhir

        return ClienteFhir(self.tenant or self.fhir_conn_id or "", self.configuracao(), self.plataforma.tokens)

    def capacidades(self) -> dict[str, Any]:
        """The server's CapabilityStatement, asked for with our credentials."""

        async def pedir() -> Any:
            async with self.get_conn() as cliente:
                return (await cliente.pedir("GET", "metadata", "CapabilityStatement")).corpo

        return dict(asyncio.run(pedir()))

    def test_connection(self) -> tuple[bool, str]:
        """For the UI's Test button: credentials and FHIR version included."""
        from pydantic import ValidationError

        from include.fusion.wiring.names import FusionHubError, motivo_de

        try:
            versao = str(self.capacidades().get("fhirVersion"))
        except (FusionHubError, ValidationError) as erro:
            return False, motivo_de(erro)
        return versao.startswith("4."), f"servidor FHIR {versao}"

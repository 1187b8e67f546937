"""The platform's database and secrets: connection ``plataforma``; keys of connection ``fhir_cofre`` or of Airflow itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from include.fusion.fhir.config.secrets import Secrets
    from include.fusion.fhir.config.store import ConfigStore
    from include.fusion.fhir.http.client import FhirClient
    from include.fusion.fhir.http.tokens import TokenCache

PLATFORM_CONN_ID = "plataforma"
SECRETS_CONN_ID = "fhir_cofre"
"""Its password has the Fernet keys (newest first, with commas). Without it: Airflow's own key."""


def keys() -> list[str]:
    """Fernet keys, the newest first."""
    try:
        password = BaseHook.get_connection(SECRETS_CONN_ID).password
    except AirflowNotFoundException:
        from airflow.configuration import conf

        password = conf.get("core", "fernet_key")
    return (password or "").split(",")


@dataclass
class Platform:
    """Opens each part at its first use; :meth:`close` ends all."""

    conn_id: str = PLATFORM_CONN_ID
    application: str = "fhir"
    time_limit: float | None = None

    @cached_property
    def engine(self) -> Engine:
        from fusion_airflow.hooks.engines import engine_for

        return engine_for(self.conn_id, application=self.application, time_limit=self.time_limit)

    @cached_property
    def secrets(self) -> Secrets:
        from include.fusion.fhir.config.secrets import Secrets

        return Secrets(keys())

    @cached_property
    def configurations(self) -> ConfigStore:
        from include.fusion.fhir.config.store import ConfigStore

        return ConfigStore(self.engine, self.secrets)

    @cached_property
    def tokens(self) -> TokenCache:
        from include.fusion.fhir.http.tokens import TokenCache

        return TokenCache(self.secrets)

    def client(self, tenant_id: str) -> FhirClient:
        """Client of one tenant's server, after its stored configuration."""
        from include.fusion.fhir.http.client import FhirClient

        return FhirClient(tenant_id, self.configurations.obtain(tenant_id).config, self.tokens)

    def close(self) -> None:
        if "engine" in self.__dict__:
            self.engine.dispose()

"""The platform's database and secrets as this Airflow knows them: connection ``plataforma``, keys of ``fhir_cofre`` or of Airflow itself."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from include.fusion.fhir.config.secrets import Cofre
    from include.fusion.fhir.config.store import Configuracoes
    from include.fusion.fhir.http.client import ClienteFhir
    from include.fusion.fhir.http.tokens import CacheTokens

CONEXAO = "plataforma"
COFRE = "fhir_cofre"
"""Connection whose password holds the Fernet keys (newest first, commas between), where they are not Airflow's own."""


def chaves() -> list[str]:
    """Fernet keys, the newest first."""
    try:
        senha = BaseHook.get_connection(COFRE).password
    except AirflowNotFoundException:
        from airflow.configuration import conf

        senha = conf.get("core", "fernet_key")
    return (senha or "").split(",")


class Plataforma:
    """What a task, the watcher or the API needs; opened when first used, ended by :meth:`fechar`."""

    def __init__(self, conn_id: str = CONEXAO, *, aplicacao: str = "fhir", tempo_limite: float | None = None) -> None:
        self._conn_id = conn_id
        self._aplicacao = aplicacao
        self._tempo_limite = tempo_limite

    @cached_property
    def engine(self) -> Engine:
        from fusion_airflow.hooks.engines import engine_de

        return engine_de(self._conn_id, aplicacao=self._aplicacao, tempo_limite=self._tempo_limite)

    @cached_property
    def cofre(self) -> Cofre:
        from include.fusion.fhir.config.secrets import Cofre

        return Cofre(chaves())

    @cached_property
    def configuracoes(self) -> Configuracoes:
        from include.fusion.fhir.config.store import Configuracoes

        return Configuracoes(self.engine, self.cofre)

    @cached_property
    def tokens(self) -> CacheTokens:
        from include.fusion.fhir.http.tokens import CacheTokens

        return CacheTokens(self.cofre)

    def cliente(self, tenant_id: str) -> ClienteFhir:
        """Client of one tenant's server, after its stored configuration."""
        from include.fusion.fhir.http.client import ClienteFhir

        return ClienteFhir(tenant_id, self.configuracoes.obter(tenant_id).config, self.tokens)

    def fechar(self) -> None:
        if "engine" in self.__dict__:
            self.engine.dispose()

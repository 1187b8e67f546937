"""Watcher: says that a tenant on ``realtime`` has unsynced observations, and says it again while they remain."""

from __future__ import annotations

import asyncio
from typing import Any

from fusion_airflow.hooks.platform import CONEXAO, Plataforma
from fusion_airflow.triggers.base import QUESTION_MAX, WatchTrigger


class ObservacaoPendenteTrigger(WatchTrigger):
    """One look for all tenants."""

    def __init__(self, *, plataforma_conn_id: str = CONEXAO, intervalo: float = 0.5, relembrar: float = 5.0) -> None:
        super().__init__("FHIR", intervalo, relembrar)
        self.plataforma_conn_id = plataforma_conn_id
        self._platform: Plataforma | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        fields = {"plataforma_conn_id": self.plataforma_conn_id, "intervalo": self.every, "relembrar": self.remind}
        return f"{type(self).__module__}.{type(self).__qualname__}", fields

    async def look(self) -> dict[str, Any] | None:
        tenants = await asyncio.to_thread(self._due)
        return {"tenants": tenants} if tenants else None

    def drop(self) -> None:
        if self._platform is not None:
            self._platform.fechar()
            self._platform = None

    def _due(self) -> int:
        from include.fusion.fhir.push.due_tenants import TEMPO_REAL, de_plantao, tenants_com_trabalho

        if self._platform is None:
            self._platform = Plataforma(self.plataforma_conn_id, aplicacao="vigia.fhir", tempo_limite=QUESTION_MAX)
        engine = self._platform.engine
        return 0 if de_plantao(engine) else len(tenants_com_trabalho(engine, TEMPO_REAL, respeitar_pausa=True))

"""Watcher of ``realtime`` tenants with unsynced observations."""

from __future__ import annotations

from typing import Any

from fusion_airflow.hooks.platform import PLATFORM_CONN_ID, Platform
from fusion_airflow.triggers.base import QUESTION_MAX, WatchTrigger


class ObservacaoPendenteTrigger(WatchTrigger):
    """One look serves all tenants."""

    def __init__(self, *, plataforma_conn_id: str = PLATFORM_CONN_ID, interval: float = 0.5, re_announce: float = 5.0) -> None:
        super().__init__("FHIR", interval, re_announce)
        self.plataforma_conn_id = plataforma_conn_id
        self._platform: Platform | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        fields = {"plataforma_conn_id": self.plataforma_conn_id, "interval": self.every, "re_announce": self.remind}
        return f"{type(self).__module__}.{type(self).__qualname__}", fields

    async def look(self) -> dict[str, Any] | None:
        tenants = await self.ask(self._due)
        return {"tenants": tenants} if tenants else None

    def drop(self) -> None:
        if self._platform is not None:
            self.thread.later(self._platform.close)
            self._platform = None

    def _due(self) -> int:
        from include.fusion.fhir.push.due_tenants import REALTIME, due_tenants, on_duty

        if self._platform is None:
            self._platform = Platform(self.plataforma_conn_id, application="vigia.fhir", time_limit=QUESTION_MAX)
        engine = self._platform.engine
        return 0 if on_duty(engine) else len(due_tenants(engine, REALTIME, respect_pause=True))

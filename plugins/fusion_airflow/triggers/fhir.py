"""Watcher: says that a tenant on ``realtime`` has unsynced observations, and says it again while they remain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from fusion_airflow.hooks.platform import CONEXAO, Plataforma

ERRO_ESPERA_MAX = 30.0
CONSULTA_MAX = 30.0
RELEMBRAR_MAX = 300.0


class ObservacaoPendenteTrigger(BaseEventTrigger):
    """One look every ``intervalo`` seconds for all tenants. Quiet while a run is on duty; ``relembrar``: quiet seconds before the same
    work is announced again, doubling, since work that stays means a run that fails or waits."""

    def __init__(self, *, plataforma_conn_id: str = CONEXAO, intervalo: float = 0.5, relembrar: float = 5.0) -> None:
        super().__init__()
        self.plataforma_conn_id = plataforma_conn_id
        self.intervalo = intervalo
        self.relembrar = relembrar
        self._plataforma: Plataforma | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        campos = {"plataforma_conn_id": self.plataforma_conn_id, "intervalo": self.intervalo, "relembrar": self.relembrar}
        return f"{type(self).__module__}.{type(self).__qualname__}", campos

    async def run(self) -> AsyncIterator[TriggerEvent]:
        espera, anunciado, quieto = self.intervalo, float("-inf"), self.relembrar
        while True:
            try:
                tenants = await asyncio.to_thread(self._olhar)
                espera = self.intervalo
            except Exception as erro:  # A watcher must outlive any outage.
                espera = min(ERRO_ESPERA_MAX, max(1.0, espera * 2))
                self.log.warning("Vigia FHIR: %s; nova tentativa em %.0f s", type(erro).__name__, espera)
                await self.cleanup()
                tenants = 0
            agora = time.monotonic()
            if not tenants:
                anunciado, quieto = float("-inf"), self.relembrar
            elif agora - anunciado >= quieto:
                quieto = min(RELEMBRAR_MAX, quieto * 2) if anunciado > 0 else self.relembrar
                anunciado = agora
                yield TriggerEvent({"tenants": tenants})
            await asyncio.sleep(espera)

    async def cleanup(self) -> None:
        """Give the connection back when Airflow ends or replaces this watcher."""
        if self._plataforma is not None:
            self._plataforma.fechar()
            self._plataforma = None

    def _olhar(self) -> int:
        from include.fusion.fhir.push.due_tenants import TEMPO_REAL, de_plantao, tenants_com_trabalho

        if self._plataforma is None:
            self._plataforma = Plataforma(self.plataforma_conn_id, aplicacao="vigia.fhir", tempo_limite=CONSULTA_MAX)
        engine = self._plataforma.engine
        return 0 if de_plantao(engine) else len(tenants_com_trabalho(engine, TEMPO_REAL, respeitar_pausa=True))

"""Watchers: what wakes the DAGs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent


class TrabalhoPendenteTrigger(BaseEventTrigger):
    """Airflow's database holds this path of watchers that the last release started; the DAG processor puts others in their place."""

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self.fields = fields

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", self.fields

    async def run(self) -> AsyncIterator[TriggerEvent]:
        self.log.warning("Vigia de uma versão anterior: espera que o DAG processor a substitua")
        # Airflow would start one that ends again and again.
        await asyncio.Event().wait()
        yield TriggerEvent(None)

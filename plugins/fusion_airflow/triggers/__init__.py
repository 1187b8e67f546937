"""Watchers: they wake the DAGs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent


class TrabalhoPendenteTrigger(BaseEventTrigger):
    """For watchers of the last release: Airflow's database holds this path until the DAG processor replaces them."""

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self.fields = fields

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", self.fields

    async def run(self) -> AsyncIterator[TriggerEvent]:
        self.log.warning("Vigia de uma versão anterior: espera que o DAG processor a substitua")
        # Airflow would restart a trigger that ends, again and again.
        await asyncio.Event().wait()
        yield TriggerEvent(None)

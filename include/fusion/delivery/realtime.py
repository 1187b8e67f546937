"""Real-time push: one task serves all tenants on ``realtime``. Each runs alone: a tenant with a server down stops no other."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.delivery.fhir import FhirPush, FhirPushResult
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.http.errors import reason_of_end
from include.fusion.fhir.http.log import log_event
from include.fusion.fhir.push import due_tenants
from include.fusion.store.presence import VALIDITY


@dataclass(eq=False)
class Realtime:
    """Sends observations as they come, until none came for ``linger`` seconds or ``duration`` (seconds) is over.

    A tenant that is still sending then has ``farewell`` seconds: the next run must not wait for a server that does not answer.
    ``client_for`` makes a tenant's client (it may raise ``FusionHubError``: unreadable configuration). ``on_end`` gets each tenant's id,
    result and seconds.
    """

    engine: Engine
    client_for: Callable[[str], FhirClient]
    owner: str
    _: KW_ONLY
    linger: float = 30.0
    duration: float = 600.0
    interval: float = 0.3
    concurrent: int = 32
    farewell: float = 5.0
    on_end: Callable[[str, FhirPushResult, float], None] = lambda *_: None

    def __post_init__(self) -> None:
        self.contagens: Counter[str] = Counter()
        self._over = False

    async def run(self) -> dict[str, int]:
        """Counts over all tenants: enviados, falhas, tenants_com_falha."""
        presence = asyncio.create_task(self._sign())
        running: dict[str, asyncio.Task[None]] = {}
        start = last = time.monotonic()
        try:
            while True:
                now = time.monotonic()
                running = {t: task for t, task in running.items() if not task.done()}
                if running:
                    last = now  # Only idle time counts for ``linger``.
                if now - start >= self.duration or now - last >= self.linger:
                    self._over = True  # A tenant ends its current batch; the rest waits for the next run.
                    if running:
                        await asyncio.wait(running.values(), timeout=self.farewell)
                    break
                new = await asyncio.to_thread(lambda: due_tenants.due_tenants(self.engine, due_tenants.REALTIME, respect_pause=True))
                for tenant, _ in new:
                    if tenant not in running and len(running) < self.concurrent:
                        running[tenant] = asyncio.create_task(self._one(tenant))
                        last = now
                await asyncio.sleep(self.interval)
        finally:
            for task in (presence, *running.values()):
                task.cancel()
            await asyncio.gather(presence, *running.values(), return_exceptions=True)
            # Off duty: the watcher sees what is left and what comes now.
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(due_tenants.sign, self.engine, False)
        return dict(self.contagens)

    async def _one(self, tenant: str) -> None:
        outgoing: FhirPush | None = None
        start = time.monotonic()
        try:
            client = await asyncio.to_thread(self.client_for, tenant)
            outgoing = FhirPush(
                self.engine, client, f"{self.owner}{tenant}", stop=lambda: self._over or not self.client_for(tenant).config.sends
            )
            await outgoing.run()
            await asyncio.to_thread(due_tenants.resume, self.engine, tenant)
        except Exception as error:
            # Whatever the failure: this tenant is paused for a while, and the others go on.
            log_event("fhir.tenant_falhou", logging.WARNING, tenant=tenant, sentido="push", motivo=reason_of_end(error))
            self.contagens["tenants_com_falha"] += 1
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(due_tenants.pause, self.engine, tenant)
        finally:
            if outgoing is not None:
                self.contagens["enviados"] += outgoing.result.enviados
                self.contagens["falhas"] += outgoing.result.falhas
                self.on_end(tenant, outgoing.result, time.monotonic() - start)

    async def _sign(self) -> None:
        while True:
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(due_tenants.sign, self.engine, True)
            await asyncio.sleep(VALIDITY / 3)

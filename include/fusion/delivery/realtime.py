"""Real-time push: one task serves every tenant on ``realtime``, each on its own; a tenant whose server is down holds nobody up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.delivery.fhir import Envio, Resultado
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.errors import motivo_do_fim
from include.fusion.fhir.http.log import anotar
from include.fusion.fhir.push import due_tenants
from include.fusion.store.presence import VALIDADE


class TempoReal:
    """Sends as observations come, until nothing came for ``permanencia`` seconds or ``duracao`` is over; a tenant that is still at it then
    has ``despedida`` seconds: the next run must not wait for a server that does not answer.

    ``ao_terminar`` gets each tenant's result and seconds. ``cliente_de`` makes a tenant's client (it may raise ``FusionHubError``: a configuration that cannot be read).
    """

    def __init__(
        self,
        engine: Engine,
        cliente_de: Callable[[str], ClienteFhir],
        dono: str,
        *,
        permanencia: float = 30.0,
        duracao: float = 600.0,
        intervalo: float = 0.3,
        juntos: int = 32,
        despedida: float = 5.0,
        ao_terminar: Callable[[str, Resultado, float], None] = lambda *_: None,
    ) -> None:
        self.engine = engine
        self.cliente_de = cliente_de
        self.dono = dono
        self.permanencia = permanencia
        self.duracao = duracao
        self.intervalo = intervalo
        self.juntos = juntos
        self.despedida = despedida
        self.ao_terminar = ao_terminar
        self.contagens: Counter[str] = Counter()
        self._acabou = False

    async def executar(self) -> dict[str, int]:
        """Counts over all tenants: enviados, falhas, tenants_com_falha."""
        plantao = asyncio.create_task(self._assinar())
        correm: dict[str, asyncio.Task[None]] = {}
        inicio = ultimo = time.monotonic()
        try:
            while True:
                agora = time.monotonic()
                correm = {t: tarefa for t, tarefa in correm.items() if not tarefa.done()}
                if correm:
                    ultimo = agora  # Only an idle task counts the time to its end.
                if agora - inicio >= self.duracao or agora - ultimo >= self.permanencia:
                    self._acabou = True  # Whoever has more than the batch in hand leaves it to the next run.
                    if correm:
                        await asyncio.wait(correm.values(), timeout=self.despedida)
                    break
                novos = await asyncio.to_thread(
                    lambda: due_tenants.tenants_com_trabalho(self.engine, due_tenants.TEMPO_REAL, respeitar_pausa=True)
                )
                for tenant, _ in novos:
                    if tenant not in correm and len(correm) < self.juntos:
                        correm[tenant] = asyncio.create_task(self._um(tenant))
                        ultimo = agora
                await asyncio.sleep(self.intervalo)
        finally:
            for tarefa in (plantao, *correm.values()):
                tarefa.cancel()
            await asyncio.gather(plantao, *correm.values(), return_exceptions=True)
            # Off duty: what is left or comes now, the watcher sees.
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(due_tenants.assinar, self.engine, False)
        return dict(self.contagens)

    async def _um(self, tenant: str) -> None:
        envio: Envio | None = None
        inicio = time.monotonic()
        try:
            cliente = await asyncio.to_thread(self.cliente_de, tenant)
            envio = Envio(
                self.engine, cliente, f"{self.dono}{tenant}", parar=lambda: self._acabou or not self.cliente_de(tenant).config.envia
            )
            await envio.executar()
            await asyncio.to_thread(due_tenants.retomar, self.engine, tenant)
        except Exception as erro:
            # Also what nobody foresaw: a tenant that fails is left alone for a while, and the others are not held up.
            anotar("fhir.tenant_falhou", logging.WARNING, tenant=tenant, sentido="push", motivo=motivo_do_fim(erro))
            self.contagens["tenants_com_falha"] += 1
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(due_tenants.pausar, self.engine, tenant)
        finally:
            if envio is not None:
                self.contagens["enviados"] += envio.resultado.enviados
                self.contagens["falhas"] += envio.resultado.falhas
                self.ao_terminar(tenant, envio.resultado, time.monotonic() - inicio)

    async def _assinar(self) -> None:
        while True:
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(due_tenants.assinar, self.engine, True)
            await asyncio.sleep(VALIDADE / 3)

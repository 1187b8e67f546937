"""The delivery loop: reserve a batch, read and map it, send it, write every outcome in one transaction; linger, renew, release, look again.

While one batch travels the next is read, or the one before written: at most two batches are in memory. What a batch is, is the work's affair
(``work.py``): JSON and HL7 records (``batch.py``), FHIR observations (``fhir.py``), messages to be made (a system's own).
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic

import uvloop
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.delivery.work import R, Work
from include.fusion.store.presence import VALIDADE


class Entrega(Generic[R]):
    """Drains the queues of ``lotes``. One instance serves one run of one task.

    ``realimentar(last)`` looks for new work on an empty queue; how much it queued. ``plantao(present)`` tells the watcher that somebody is at
    work. ``pausado`` holds back the next batch while it says so; ``parar`` ends the loop before it.
    """

    def __init__(
        self,
        lotes: Work[Any, R],
        *,
        realimentar: Callable[[bool], int] | None = None,
        plantao: Callable[[bool], None] | None = None,
        pausado: Callable[[], bool] | None = None,
        parar: Callable[[], bool] | None = None,
        progresso: Callable[[R], None] | None = None,
    ) -> None:
        self.lotes = lotes
        self.p = lotes.p
        self.realimentar = realimentar
        self.plantao = plantao
        self.pausado = pausado
        self.parar = parar
        self.progresso = progresso
        self._de_plantao = True
        self._stopped = False
        self._vez = asyncio.Lock()
        self._preparo: asyncio.Future[Any] | None = None
        self._inicio = self._ciclo_inicio = 0.0
        self._no_ciclo = 0

    @property
    def resultado(self) -> R:
        return self.lotes.resultado

    def executar(self) -> R:
        """:meth:`run` on an event loop of its own."""
        # Modules and settings live as long as the process: no collection need look at them again while records come and go.
        gc.freeze()
        try:
            return uvloop.run(self.run())
        finally:
            gc.unfreeze()

    async def run(self) -> R:
        """Deliver until the queues are empty (and stay so for ``permanencia``).

        Raises what the work calls its receiver's outage after releasing what was reserved, ``MuitosErros`` when more than
        ``parcela_erro_max`` was refused, and whatever a database that is down raises.
        """
        renovacao = asyncio.create_task(self._renovar())
        try:
            async with self.lotes.cliente:
                await self._drain()
        finally:
            renovacao.cancel()
            if self._preparo is not None:
                with suppress(Exception):
                    await self._preparo
            with suppress(SQLAlchemyError):  # Should the database be the one that is down, the lease gives the rows back.
                await asyncio.to_thread(self.lotes.devolver)
                if self.plantao is not None:
                    await asyncio.to_thread(self.plantao, False)
        self._conferir()
        return self.resultado

    async def _drain(self) -> None:
        self._inicio = self._ciclo_inicio = time.monotonic()
        vazio_desde = None
        while not self._stopped:
            # The first batch goes alone: should the receiver be down, no more than that batch finds out.
            if await self._step():
                lanes = await asyncio.gather(*(self._lane() for _ in range(self.p.lanes)), return_exceptions=True)
                if falhas := [f for f in lanes if f is not None]:
                    raise falhas[0]
                vazio_desde = None
                if self._over():
                    return
            # Nothing more: each lane's last look came after what it wrote.
            agora = time.monotonic()
            self._ciclo_inicio, self._no_ciclo = agora, 0
            vazio_desde = vazio_desde or agora
            if self._stopped or not await self._esperar_mais(agora - vazio_desde, agora - self._inicio):
                return

    def _over(self) -> bool:
        return time.monotonic() - self._inicio >= self.p.duracao_max

    def _conferir(self) -> None:
        self.resultado.conferir(self.p.parcela_erro_max, self.p.minimo_para_parcela)

    # -- batches ---------------------------------------------------------------------------------------------------------------------

    async def _lane(self) -> None:
        try:
            while not self._over() and await self._step():
                pass
        except BaseException:
            self._stopped = True
            raise

    async def _step(self) -> bool:
        """One batch from its reservation to its outcomes; ``False`` when there was none."""
        lote = await self._next()
        if lote is None:
            return False
        await self.lotes.enviar(lote)
        await asyncio.to_thread(self.lotes.gravar, lote)
        if self.progresso is not None:
            self.progresso(self.resultado)
        if self.lotes.fora_do_ar is not None:
            raise self.lotes.fora_do_ar
        if self.p.stop_at_share:
            self._conferir()
        return True

    async def _next(self) -> Any:
        """The next batch, once nothing holds deliveries back; ``None`` when there is none or it is time to stop."""
        async with self._vez:
            if self._no_ciclo >= self.p.max_por_ciclo:
                # The old services took MaxRecords per cycle; a site that lowered it meant to spare Fusion.
                await asyncio.sleep(max(0.0, self._ciclo_inicio + self.p.intervalo_ciclo - time.monotonic()))
                self._ciclo_inicio, self._no_ciclo = time.monotonic(), 0
            while not self._stopped and await self._on_hold():
                pass
            if self.parar is not None and await asyncio.to_thread(self.parar):
                self._stopped = True
            if self._stopped:
                return None
            quantos = max(1, min(self.p.lote, self.p.max_por_ciclo - self._no_ciclo))
            # Shielded: a thread cannot be called back, and what it reserves has to be released after it.
            self._preparo = asyncio.ensure_future(asyncio.to_thread(self.lotes.preparar, quantos))
            lote = await asyncio.shield(self._preparo)
            self._preparo = None
            self._no_ciclo += len(lote or ())
            return lote

    async def _on_hold(self) -> bool:
        if self.pausado is None or not await asyncio.to_thread(self.pausado):
            return False
        await asyncio.sleep(1.0)
        return True

    # -- waiting ---------------------------------------------------------------------------------------------------------------------

    async def _esperar_mais(self, vazio: float, total: float) -> bool:
        """On an empty queue: look at the source again for a while; ``False`` when it is time to end."""
        fim = vazio >= self.p.permanencia or total >= self.p.permanencia_max
        if fim and self.p.ate_esvaziar and await asyncio.to_thread(self.lotes.tem_abertas):
            if self.progresso is not None:
                self.progresso(self.resultado)
            fim = False
        if not fim:
            await asyncio.sleep(self.p.intervalo_vigia)
        elif self.plantao is not None:
            # Off duty first, then one last look: a change is seen either here or by the watcher, never by neither.
            self._de_plantao = False
            await asyncio.to_thread(self.plantao, False)
        achou = await self._realimentar(fim) > 0 or (fim and await asyncio.to_thread(self.lotes.tem_prontos))
        if achou and fim and total < self.p.permanencia_max:
            self._de_plantao = True
            return True
        return not fim

    async def _realimentar(self, ultimo: bool) -> int:
        if self.realimentar is None:
            return 0
        novos = await asyncio.to_thread(self.realimentar, ultimo)
        self.lotes.found(novos)
        return novos

    async def _renovar(self) -> None:
        """Keep the lease of what is reserved, and the sign by which the watcher knows that somebody is at work."""
        proxima = time.monotonic() + self.p.prazo_reserva / 3
        while True:
            with suppress(SQLAlchemyError):  # A database that is away is noticed by the next statement that matters.
                if self.plantao is not None and self._de_plantao:
                    await asyncio.to_thread(self.plantao, True)
                if time.monotonic() >= proxima:
                    proxima = time.monotonic() + self.p.prazo_reserva / 3
                    await asyncio.to_thread(self.lotes.renovar)
            await asyncio.sleep(VALIDADE / 3)

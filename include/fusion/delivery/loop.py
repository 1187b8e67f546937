"""Delivery loop: reserve a batch, read and map it, send it concurrently, write every outcome in one transaction.

While one batch travels the next is already being read, so at most two batches are in memory. Blocking work (``lote.py``: databases, mapping)
runs in a thread; sending (``envio.py``) runs on the event loop.
"""

from __future__ import annotations

import asyncio
import gc
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import uvloop
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.delivery.batch import Lote, Lotes
from include.fusion.delivery.result import Resultado
from include.fusion.delivery.route import Via
from include.fusion.delivery.sender import Enviador, Remessa
from include.fusion.store.presence import VALIDADE


@dataclass(frozen=True)
class Parametros:
    """Limits of one delivery. Times in seconds; ``permanencia`` is how long an empty queue is watched before the task ends.

    ``duracao_max``: it ends after this long even while something is queued, since other steps of the run wait. ``ate_esvaziar``: it does
    not end while a row waits, for its next try or behind another queue's row of its patient: nobody else would ever come for it.
    """

    lote: int = 200
    concorrencia: int = 32
    max_por_ciclo: int = 5000
    intervalo_ciclo: float = 5.0
    permanencia: float = 5.0
    permanencia_max: float = 120.0
    duracao_max: float = math.inf
    ate_esvaziar: bool = False
    intervalo_vigia: float = 0.5
    prazo_reserva: float = 120.0
    tentativas_max: int = 8
    espera_inicial: float = 2.0
    espera_max: float = 300.0
    parcela_erro_max: float = 0.5
    minimo_para_parcela: int = 20


class Entrega:
    """Drains queues into Fusion, in turn. One instance serves one run of one task."""

    def __init__(
        self,
        *,
        fusion: Engine,
        vias: Sequence[Via],
        cliente: Enviador,
        parametros: Parametros,
        dono: str,
        realimentar: Callable[[bool], int] | None = None,
        plantao: Callable[[bool], None] | None = None,
        pausado: Callable[[], bool] | None = None,
        progresso: Callable[[Resultado], None] | None = None,
    ) -> None:
        self.cliente = cliente
        self.remessa = Remessa(cliente, parametros)
        self.p = parametros
        self.realimentar = realimentar
        self.plantao = plantao
        self.pausado = pausado
        self.progresso = progresso
        self.resultado = Resultado()
        prazo = timedelta(seconds=parametros.prazo_reserva)
        self.lotes = Lotes(fusion, vias, self.resultado, dono=dono, prazo=prazo, tentativas_max=parametros.tentativas_max)
        self._de_plantao = True

    def executar(self) -> Resultado:
        """Deliver until the queues are empty (and stay so for ``permanencia``), on an event loop of its own.

        Raises ``FusionIndisponivel`` after releasing what was reserved when Fusion is down, ``MuitosErros`` at the end when
        more than ``parcela_erro_max`` was refused, and whatever a database that is down raises.
        """
        # Modules and settings live as long as the process: no collection need look at them again while records come and go.
        gc.freeze()
        try:
            return uvloop.run(self._executar())
        finally:
            gc.unfreeze()

    async def _executar(self) -> Resultado:
        renovacao = asyncio.create_task(self._renovar())
        preparo: asyncio.Task[Lote | None] | None = None
        try:
            async with self.cliente:
                inicio, vazio_desde = time.monotonic(), None
                ciclo_inicio, no_ciclo = inicio, 0
                while True:
                    if preparo is None:
                        preparo = asyncio.create_task(asyncio.to_thread(self._preparar, self._cabe(no_ciclo)))
                    lote = await preparo
                    preparo = None
                    no_ciclo += lote.reservados if lote else 0
                    acabou = time.monotonic() - inicio >= self.p.duracao_max
                    if lote and (acabou or no_ciclo >= self.p.max_por_ciclo):
                        await self._enviar_lote(lote)
                        if acabou:
                            break
                        # The old services took MaxRecords per cycle; a site that lowered it meant to spare Fusion.
                        await asyncio.sleep(max(0.0, ciclo_inicio + self.p.intervalo_ciclo - time.monotonic()))
                        ciclo_inicio, no_ciclo = time.monotonic(), 0
                        continue
                    if lote:
                        vazio_desde = None
                        if not await asyncio.to_thread(self._em_pausa):
                            preparo = asyncio.create_task(asyncio.to_thread(self._preparar, self._cabe(no_ciclo)))
                        await self._enviar_lote(lote)
                        continue
                    agora = time.monotonic()
                    ciclo_inicio, no_ciclo = agora, 0
                    vazio_desde = vazio_desde or agora
                    if not await self._esperar_mais(agora - vazio_desde, agora - inicio):
                        break
        finally:
            renovacao.cancel()
            if preparo is not None:
                with suppress(Exception):
                    await preparo
            with suppress(SQLAlchemyError):  # Should the database be the one that is down, the lease gives the rows back.
                await asyncio.to_thread(self.lotes.devolver)
                if self.plantao is not None:
                    await asyncio.to_thread(self.plantao, False)
        self.resultado.conferir(self.p.parcela_erro_max, self.p.minimo_para_parcela)
        return self.resultado

    def _cabe(self, no_ciclo: int) -> int:
        return max(1, min(self.p.lote, self.p.max_por_ciclo - no_ciclo))

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
        self.resultado.enfileirados += novos
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

    def _em_pausa(self) -> bool:
        return self.pausado is not None and self.pausado()

    # -- batches ---------------------------------------------------------------------------------------------------------------------

    def _preparar(self, quantos: int) -> Lote | None:
        """Next batch, once nothing holds deliveries back (in a thread)."""
        while self._em_pausa():
            time.sleep(1.0)
        return self.lotes.preparar(quantos)

    async def _enviar_lote(self, lote: Lote) -> None:
        await self.remessa.enviar(lote.envios)
        await asyncio.to_thread(self.lotes.gravar, lote)
        if self.progresso is not None:
            self.progresso(self.resultado)
        if self.remessa.fora_do_ar is not None:
            raise self.remessa.fora_do_ar

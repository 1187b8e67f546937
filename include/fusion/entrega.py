"""Delivery loop: reserve a batch, read and map it, send it concurrently, write every outcome in one transaction.

While one batch travels the next is already being read, so at most two batches are in memory. Blocking work (databases, mapping) runs in a
thread; sending (``envio.py``) runs on the event loop.
"""

from __future__ import annotations

import asyncio
import gc
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import uvloop
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.envio import Enviador, Envio, Remessa
from include.fusion.erros import FusionHubError, motivo_de
from include.fusion.filas import Desfecho, Fila, Filtro, Registro
from include.fusion.leitura import Lido, Pronto
from include.fusion.livro import ENVIO, EXCLUSAO, Livro, SemLivro
from include.fusion.livro import Entrega as UltimaEntrega
from include.fusion.modelo import pacote
from include.fusion.plantao import VALIDADE

EXCLUIDO = "excluído na origem antes desta entrega; o cancelamento está na fila"
AUSENTE = "registro não encontrado na origem (apagado entre a fila e a leitura)"


class MuitosErros(FusionHubError):
    """Too large a share of a run was refused: a systemic fault (a changed layout, a wrong code table), not single records."""


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


@dataclass(frozen=True)
class Destino:
    """How records are sent: ``envelopar`` wraps a body (JSON text that goes in as it is) as its route expects, ``cancelar`` is the
    route of a deletion."""

    rota: str
    envelopar: Callable[[Any], Any]
    cancelar: Callable[[str], str]


@dataclass(frozen=True)
class Via:
    """One queue and how its records get to Fusion: ``ler`` reads and maps by key, ``livro`` keeps what was delivered of their kind.

    ``sempre``: sent even when its content is the last one delivered (a record that only says that something happened).
    ``cancelar_ausentes``: what the source no longer has is cancelled in Fusion (nothing else will ever say that it went).
    """

    fila: Fila
    livro: Livro | SemLivro
    ler: Callable[[Sequence[Registro]], Mapping[str, Lido | Pronto]]
    destino: Destino
    filtro: Filtro | None = None
    sempre: bool = False
    cancelar_ausentes: bool = False


@dataclass
class _Lote:
    """Records reserved together, of one queue: how many they were, and those that must travel."""

    via: Via
    reservados: int
    envios: list[Envio]


@dataclass
class Resultado:
    """Counts of one delivery; ``motivos`` counts the reasons of refused records."""

    enviados: int = 0
    cancelados: int = 0
    inalterados: int = 0
    erros: int = 0
    adiados: int = 0
    descartados: int = 0
    enfileirados: int = 0
    motivos: Counter[str] = field(default_factory=Counter)

    @property
    def processados(self) -> int:
        return self.enviados + self.cancelados + self.inalterados + self.erros + self.descartados

    @property
    def poupados_pct(self) -> int | None:
        """Share (percent) of what was read and right that did not have to be sent: the last delivery said the same."""
        certos = self.enviados + self.cancelados + self.inalterados
        return round(100 * self.inalterados / certos) if certos else None

    def contagens(self) -> dict[str, int]:
        """What goes into XCom: numbers only."""
        numeros = {k: v for k, v in vars(self).items() if isinstance(v, int)}
        return numeros if self.poupados_pct is None else numeros | {"poupados_pct": self.poupados_pct}


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
        self.fusion = fusion
        self.vias = vias
        self.cliente = cliente
        self.remessa = Remessa(cliente, parametros)
        self.p = parametros
        self.dono = dono
        self.realimentar = realimentar
        self.plantao = plantao
        self.pausado = pausado
        self.progresso = progresso
        self.resultado = Resultado()
        self._de_plantao = True
        self._vez = 0
        self._trava = threading.Lock()

    def executar(self) -> Resultado:
        """Deliver until the queues are empty (and stay so for ``permanencia``), on an event loop of its own.

        Raises ``FusionIndisponivel`` after releasing what was reserved when Fusion is down, :class:`MuitosErros` at the end when
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
        preparo: asyncio.Task[_Lote | None] | None = None
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
                for via in self.vias:
                    await asyncio.to_thread(via.fila.recuperar, self.dono)
                if self.plantao is not None:
                    await asyncio.to_thread(self.plantao, False)
        self._conferir_parcela()
        return self.resultado

    def _cabe(self, no_ciclo: int) -> int:
        return max(1, min(self.p.lote, self.p.max_por_ciclo - no_ciclo))

    # -- waiting ---------------------------------------------------------------------------------------------------------------------

    async def _esperar_mais(self, vazio: float, total: float) -> bool:
        """On an empty queue: look at the source again for a while; ``False`` when it is time to end."""
        fim = vazio >= self.p.permanencia or total >= self.p.permanencia_max
        if fim and self.p.ate_esvaziar and await asyncio.to_thread(self._tem_abertas):
            if self.progresso is not None:
                self.progresso(self.resultado)
            fim = False
        if not fim:
            await asyncio.sleep(self.p.intervalo_vigia)
        elif self.plantao is not None:
            # Off duty first, then one last look: a change is seen either here or by the watcher, never by neither.
            self._de_plantao = False
            await asyncio.to_thread(self.plantao, False)
        achou = await self._realimentar(fim) > 0 or (fim and await asyncio.to_thread(self._tem_prontos))
        if achou and fim and total < self.p.permanencia_max:
            self._de_plantao = True
            return True
        return not fim

    def _tem_prontos(self) -> bool:
        return any(via.fila.tem_prontos() for via in self.vias)

    def _tem_abertas(self) -> bool:
        return any(via.fila.tem_abertas() for via in self.vias)

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
                    for via in self.vias:
                        await asyncio.to_thread(via.fila.renovar, self.dono, timedelta(seconds=self.p.prazo_reserva))
            await asyncio.sleep(VALIDADE / 3)

    def _em_pausa(self) -> bool:
        return self.pausado is not None and self.pausado()

    # -- reading ---------------------------------------------------------------------------------------------------------------------

    def _preparar(self, quantos: int) -> _Lote | None:
        """Reserve, read, map and compare one batch with the ledger (in a thread); ``None`` when no queue has anything."""
        while self._em_pausa():
            time.sleep(1.0)
        prazo = timedelta(seconds=self.p.prazo_reserva)
        for _ in self.vias:
            via = self.vias[self._vez % len(self.vias)]
            # In turn, batch by batch: a queue that never gets empty must not keep the others waiting.
            self._vez += 1
            if registros := via.fila.reservar(quantos, self.dono, prazo, filtro=via.filtro):
                return _Lote(via, len(registros), self._ler(via, registros))
        return None

    def _ler(self, via: Via, registros: Sequence[Registro]) -> list[Envio]:
        # Tries are only this many when leases ran out: a record that ends its workers must not go on ending them.
        lidos = via.ler([r for r in registros if r.operacao != EXCLUSAO and r.tentativas < self.p.tentativas_max])
        sumidos = [chave for chave, lido in lidos.items() if lido is None]
        with self.fusion.begin() as con:
            excluidos = via.fila.excluidos(con, sumidos) if sumidos else set()
            entregas = via.livro.ler(con, [r.chave for r in registros])
            envios = [self._montar(via, r, lidos.get(r.chave), entregas.get(r.chave)) for r in registros]
            for envio in envios:
                if envio.desfecho is not None and envio.desfecho.motivo == AUSENTE and envio.registro.chave in excluidos:
                    envio.desfecho = Desfecho(envio.registro, "descartado", motivo=EXCLUIDO)
            a_enviar = [envio for envio in envios if envio.desfecho is None]
            # What need not travel ends here: it must not hold its patient for as long as the others are under way.
            via.fila.registrar(con, self.dono, [envio.desfecho for envio in envios if envio.desfecho is not None])
            # Written ahead, before anything leaves: whoever finds these rows after a crash knows what Fusion may have.
            numeros = via.livro.anunciar(con, [(envio.registro.chave, envio.versao) for envio in a_enviar])
        for envio in envios:
            if envio.desfecho is not None:
                self._contar(envio)
        for envio in a_enviar:
            envio.chave = via.livro.chave_idempotencia(envio.registro.chave, envio.versao, numeros[envio.registro.chave])
        return a_enviar

    def _montar(self, via: Via, registro: Registro, lido: Lido | Pronto, entrega: UltimaEntrega | None) -> Envio:
        if registro.tentativas >= self.p.tentativas_max:
            return Envio(registro, Desfecho(registro, "erro", motivo=f"processamento interrompido {registro.tentativas} vezes"))
        if registro.operacao == EXCLUSAO or (lido is None and via.cancelar_ausentes):
            if entrega is None or entrega.cancelado:
                return Envio(registro, Desfecho(registro, "concluido", motivo="nada a cancelar no Fusion"))
            return Envio(registro, versao=EXCLUSAO, rota=via.destino.cancelar(registro.chave), metodo="DELETE")
        if lido is None:
            return Envio(registro, Desfecho(registro, "erro", motivo=AUSENTE))
        if isinstance(lido, Exception):
            return Envio(registro, Desfecho(registro, "erro", motivo=motivo_de(lido)))
        if isinstance(lido, Pronto):
            return Envio(registro, dados=lido.dados, versao=lido.versao, rota=via.destino.rota)
        texto, versao = pacote(lido)
        if entrega is not None and entrega.tem(versao) and not via.sempre:
            return Envio(registro, Desfecho(registro, "concluido", motivo="conteúdo inalterado", versao=versao))
        dados = orjson.dumps(via.destino.envelopar(orjson.Fragment(texto)))
        return Envio(registro, dados=dados, versao=versao, rota=via.destino.rota)

    # -- sending ---------------------------------------------------------------------------------------------------------------------

    async def _enviar_lote(self, lote: _Lote) -> None:
        await self.remessa.enviar(lote.envios)
        await asyncio.to_thread(self._gravar, lote)
        if self.progresso is not None:
            self.progresso(self.resultado)
        if self.remessa.fora_do_ar is not None:
            raise self.remessa.fora_do_ar

    # -- writing ---------------------------------------------------------------------------------------------------------------------

    def _gravar(self, lote: _Lote) -> None:
        """Queue rows and ledger in one transaction (in a thread); rows that another worker took over meanwhile are left to it."""
        fila, livro = lote.via.fila, lote.via.livro
        desfechos = [envio.desfecho for envio in lote.envios if envio.desfecho is not None]
        with self.fusion.begin() as con:
            gravados = fila.ainda_meus(con, self.dono, [d.registro.id for d in desfechos])
            fila.registrar(con, self.dono, desfechos)
            meus = [envio for envio in lote.envios if envio.chave and envio.registro.id in gravados]
            confirmados = [envio for envio in meus if envio.desfecho is not None and envio.desfecho.situacao == "concluido"]
            operacoes = {"DELETE": EXCLUSAO, "POST": ENVIO}
            livro.gravar(con, [(e.registro.chave, e.versao, operacoes[e.metodo]) for e in confirmados])
            livro.retirar(con, [e.registro.chave for e in meus if e.recusado])
        for envio in lote.envios:
            self._contar(envio)

    def _contar(self, envio: Envio) -> None:
        desfecho, r = envio.desfecho, self.resultado
        if desfecho is None or desfecho.situacao == "devolvido":
            return
        with self._trava:  # One batch is counted while the next is being read.
            self._somar(envio, desfecho, r)

    @staticmethod
    def _somar(envio: Envio, desfecho: Desfecho, r: Resultado) -> None:
        if desfecho.situacao == "erro":
            r.erros += 1
            r.motivos[desfecho.motivo or ""] += 1
        elif desfecho.situacao == "adiado":
            r.adiados += 1
        elif desfecho.situacao == "descartado":
            r.descartados += 1
        elif not envio.chave:
            r.inalterados += 1
        elif envio.metodo == "DELETE":
            r.cancelados += 1
        else:
            r.enviados += 1

    def _conferir_parcela(self) -> None:
        r = self.resultado
        if r.processados >= self.p.minimo_para_parcela and r.erros > self.p.parcela_erro_max * r.processados:
            raise MuitosErros(
                f"{r.erros} de {r.processados} registros recusados (limite {self.p.parcela_erro_max:.0%}). Motivo mais comum: "
                f"{r.motivos.most_common(1)[0][0]}. Corrija a causa e limpe esta tarefa: os registros em erro serão reenviados."
            )

"""Push of one tenant as the loop's work: unsynced observations → queue → EHR, until nothing is due. The seed's "Push Automático".

A record that was refused, or whose attempts are used up, goes to ``erro``, the dead letter. An outage ends the run after the batch in
hand: the rest stays pending. One that the server cannot digest (500) while it takes others is no outage. Credentials that are refused are
no record's fault and dead-letter nothing.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from include.fusion.delivery.loop import Entrega
from include.fusion.delivery.result import check_share
from include.fusion.delivery.work import Parametros, Work
from include.fusion.errors import RegistroInvalido, motivo_de
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.errors import FhirIndisponivel, FhirNaoAutorizado, motivo_do_fim, servidor_fora
from include.fusion.fhir.platform.repository import Contagem, Repositorio
from include.fusion.fhir.platform.tables import fila_de
from include.fusion.fhir.push.bundle import Item, Remessa
from include.fusion.fhir.push.patients import Pessoas
from include.fusion.store.filas import Desfecho, ItemFila

PAGINA = 5000
PARCELA_MAX = 0.9
AUSENTE = "observação apagada na plataforma"
DE_OUTRO = RegistroInvalido("patientId", "o paciente da observação não é deste tenant")


@dataclass
class Resultado:
    """Counts of one push; ``motivos`` of the dead letters."""

    enviados: int = 0
    inalterados: int = 0
    falhas: int = 0
    motivos: Counter[str] = field(default_factory=Counter)

    def conferir(self, parcela_max: float, minimo: int) -> None:
        conselho = "Corrija a causa e reenvie: as recusadas estão na fila com situação erro."
        total = self.enviados + self.falhas
        check_share(self.falhas, total, parcela_max, minimo, "observações recusadas", conselho, self.motivos)


@dataclass
class Lote:
    """Observations on their way, and outcomes of those that need not travel."""

    itens: list[Item]
    prontos: list[Desfecho]

    def __len__(self) -> int:
        return len(self.itens) + len(self.prontos)


class Envio(Work[Lote, Resultado]):
    """One run for one tenant. ``parar``: asked between batches. ``latencia``: ms from last edit to sent, summed over ``medidos`` of them."""

    def __init__(self, engine: Engine, cliente: ClienteFhir, dono: str, *, parar: Callable[[], bool] = lambda: False) -> None:
        self.fila = fila_de(engine, cliente.tenant_id)
        lote = cliente.config.metadata.bundle_size * cliente.config.metadata.concurrency
        p = Parametros(lote=lote, max_por_ciclo=sys.maxsize, permanencia=0, parcela_erro_max=PARCELA_MAX, stop_at_share=True)
        super().__init__([self.fila], dono, p, cliente, Resultado())
        self.engine = engine
        self.repositorio = Repositorio(engine, cliente.tenant_id)
        self.remessa = Remessa(cliente, Pessoas(self.repositorio, cliente))
        self.parar = parar
        self.only: Sequence[str] | None = None
        self.latencia = self.medidos = 0
        self._trava = threading.Lock()

    async def executar(self, observacoes: Sequence[str] | None = None) -> Resultado:
        """Send what is due, or just ``observacoes`` (dead letters among them too).

        Raises :class:`FhirIndisponivel`, :class:`FhirNaoAutorizado` or :class:`MuitosErros` once outcomes are written.
        """
        inicio, fim, self.only = time.monotonic(), None, observacoes
        try:
            if observacoes is not None:
                await asyncio.to_thread(self._enfileirar, [ItemFila(o) for o in observacoes])
            return await Entrega(self, parar=self.parar).run()
        except BaseException as erro:
            fim = motivo_do_fim(erro)
            raise
        finally:
            with suppress(SQLAlchemyError):
                await asyncio.to_thread(self._concluir, fim, round((time.monotonic() - inicio) * 1000))

    def _concluir(self, erro: str | None, ms: int) -> None:
        r = self.resultado
        contagem = Contagem(enviados=r.enviados, falhas=r.falhas, duracao=ms, latencia=self.latencia, medidos=self.medidos)
        self.repositorio.concluir("push", erro, contagem)

    # -- as the loop asks for it -----------------------------------------------------------------------------------------------------

    def _enfileirar(self, itens: Sequence[ItemFila]) -> None:
        with self.engine.begin() as con:
            self.fila.enfileirar(con, itens)

    def preparar(self, quantos: int) -> Lote | None:
        registros = self.fila.reservar(quantos, self.dono, self.prazo, chaves=self.only)
        if not registros and self.only is None:
            # Only when the queue has none is the platform asked for more.
            with self.engine.connect() as con:
                novas = self.repositorio.novas(con, PAGINA)
            if novas:
                self._enfileirar(novas)
                registros = self.fila.reservar(quantos, self.dono, self.prazo)
        if not registros:
            return None
        locais = self.repositorio.observacoes([r.chave for r in registros])
        lote = Lote([], [])
        for registro in registros:
            local = locais.get(registro.chave)
            if local is None:
                lote.prontos.append(Desfecho(registro, "descartado", AUSENTE))
            elif local.sincronizada:
                lote.prontos.append(Desfecho(registro, "concluido", "já sincronizada", versao=local.marca))
            else:
                lote.itens.append(Item(registro, local, falha=None if local.com_paciente else DE_OUTRO))
        return lote

    async def enviar(self, lote: Lote) -> None:
        await self.remessa.enviar([i for i in lote.itens if i.falha is None])

    def gravar(self, lote: Lote) -> None:
        """Platform and queue in one transaction."""
        passou = any(item.enviada is not None for item in lote.itens)
        registros = [d.registro for d in lote.prontos] + [i.registro for i in lote.itens]
        with self.engine.begin() as con:
            meus = self.fila.ainda_meus(con, self.dono, [r.id for r in registros])
            tempos = self._gravar_enviadas(con, [i for i in lote.itens if i.enviada is not None and i.registro.id in meus])
            with self._trava:  # Two batches may be written at once.
                self.resultado.inalterados += len(lote.prontos)
                self.latencia += sum(tempos)
                self.medidos += len(tempos)
                desfechos = lote.prontos + [self._desfecho(item, passou) for item in lote.itens]
            self.fila.registrar(con, self.dono, desfechos)

    def _gravar_enviadas(self, con: Connection, itens: list[Item]) -> list[int]:
        try:
            with con.begin_nested():
                return self.repositorio.gravar_enviadas(con, [i.enviada for i in itens if i.enviada is not None])
        except (DataError, IntegrityError, ValueError, orjson.JSONEncodeError):
            return [ms for item in itens for ms in self._gravar_so(con, item)]

    def _gravar_so(self, con: Connection, item: Item) -> list[int]:
        assert item.enviada is not None
        # The EHR's text of one of them (a NUL) is none for the database: without it, it is read anew before the next change.
        for enviada in (item.enviada, item.enviada._replace(versao=None, recurso=None)):
            try:
                with con.begin_nested():
                    return self.repositorio.gravar_enviadas(con, [enviada])
            except IntegrityError:
                break
            except (DataError, ValueError, orjson.JSONEncodeError):
                continue
        item.enviada, item.falha = None, RegistroInvalido("fhirResourceId", "o servidor FHIR deu o id de outra observação")
        return []

    def _desfecho(self, item: Item, passou: bool) -> Desfecho:
        """``passou``: something of the same batch got through."""
        if item.enviada is not None:
            self.resultado.enviados += 1
            return Desfecho(item.registro, "concluido", versao=item.local.marca)
        falha = item.falha or FhirIndisponivel(0, "Observation")
        if servidor_fora(falha) or (isinstance(falha, FhirIndisponivel) and not passou):
            self.fora_do_ar = falha
        if isinstance(falha, FhirNaoAutorizado):
            return Desfecho(item.registro, "devolvido")
        self.resultado.falhas += 1
        motivo = motivo_de(falha)
        self.resultado.motivos[motivo] += 1
        return Desfecho(item.registro, "erro", motivo, versao=item.local.marca)

    def tem_prontos(self) -> bool:
        """Nothing that this run would still take: what comes after its last look, the platform's watcher sees."""
        return False

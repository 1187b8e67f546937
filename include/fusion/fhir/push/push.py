"""Push of one tenant: unsynced observations → queue → EHR, until nothing is due. The seed's "Push Automático".

A record that was refused, or whose attempts are used up, goes to ``erro``, the dead letter. An outage ends the run after the batch in
hand: the rest stays pending. One that the server cannot digest (500) while it takes others is no outage. Credentials that are refused are
no record's fault and dead-letter nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import orjson
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from include.fusion.errors import FusionHubError, RegistroInvalido, motivo_de
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.errors import (
    PREFIXO_INDISPONIVEL,
    FhirIndisponivel,
    FhirNaoAutorizado,
    MuitasRecusas,
    motivo_do_fim,
    servidor_fora,
)
from include.fusion.fhir.platform.repository import Contagem, Repositorio
from include.fusion.fhir.platform.tables import fila_de, numero
from include.fusion.fhir.push.bundle import Item, Remessa
from include.fusion.fhir.push.patients import Pessoas
from include.fusion.store.filas import Desfecho, Filtro, ItemFila, Registro

PAGINA = 5000
PRAZO = timedelta(seconds=120)
MINIMO_PARA_PARCELA, PARCELA_MAX = 20, 0.9
AUSENTE = "observação apagada na plataforma"
DE_OUTRO = RegistroInvalido("patientId", "o paciente da observação não é deste tenant")


@dataclass
class Resultado:
    """Counts of one push; ``motivos`` of the dead letters."""

    enviados: int = 0
    inalterados: int = 0
    falhas: int = 0
    motivos: Counter[str] = field(default_factory=Counter)


class Envio:
    """One run for one tenant. ``parar``: asked between batches. ``permanencia``: seconds an empty queue is watched before it ends."""

    def __init__(
        self,
        engine: Engine,
        cliente: ClienteFhir,
        dono: str,
        *,
        permanencia: float = 0.0,
        intervalo: float = 0.3,
        parar: Callable[[], bool] = lambda: False,
    ) -> None:
        self.cliente = cliente
        self.tenant_id = cliente.tenant_id
        self.engine = engine
        self.repositorio = Repositorio(engine, self.tenant_id)
        self.fila = fila_de(engine, self.tenant_id)
        self.dono = dono
        self.permanencia = permanencia
        self.intervalo = intervalo
        self.parar = parar
        self.resultado = Resultado()
        self._fora: FusionHubError | None = None
        self._latencia = self._medidos = 0

    async def executar(self, observacoes: list[str] | None = None) -> Resultado:
        """Send what is due, or just ``observacoes`` (dead letters among them too).

        Raises :class:`FhirIndisponivel`, :class:`FhirNaoAutorizado` or :class:`MuitasRecusas` once outcomes are written.
        """
        inicio, fim = time.monotonic(), None
        renovacao = asyncio.create_task(self._renovar())
        try:
            async with self.cliente:
                await self._percorrer(observacoes)
        except BaseException as erro:
            fim = motivo_do_fim(erro)
            raise
        finally:
            renovacao.cancel()
            with suppress(SQLAlchemyError):  # Should the database be what is down, the lease gives the rows back.
                await asyncio.to_thread(self.fila.recuperar, self.dono)
                await asyncio.to_thread(self._concluir, fim, round((time.monotonic() - inicio) * 1000))
        return self.resultado

    async def _percorrer(self, observacoes: list[str] | None) -> None:
        self.remessa, self.pessoas = Remessa(self.cliente), Pessoas(self.repositorio, self.cliente)
        if observacoes is not None:
            await asyncio.to_thread(self._enfileirar, [ItemFila(o) for o in observacoes])
            if registros := await asyncio.to_thread(self._reservar, Filtro(chaves=observacoes)):
                await self._lote(registros)
            return
        vazia_desde = time.monotonic()
        while not self.parar():
            # The first batch goes alone: should the server be down, no more than that batch finds out.
            if await self._passo():
                for falha in await asyncio.gather(self._drenar(), self._drenar(), return_exceptions=True):
                    if falha is not None:
                        raise falha
                vazia_desde = time.monotonic()
            elif time.monotonic() - vazia_desde >= self.permanencia:
                break
            else:
                await asyncio.sleep(self.intervalo)

    async def _drenar(self) -> None:
        """One of two that take turns: while one batch travels the other is read or written."""
        while not self.parar() and self._fora is None and await self._passo():
            pass

    async def _passo(self) -> bool:
        registros = await asyncio.to_thread(self._proximos)
        if registros:
            await self._lote(registros)
        return bool(registros)

    def _proximos(self) -> list[Registro]:
        """Due rows; only when the queue has none is the platform asked for more."""
        if registros := self._reservar(None):
            return registros
        with self.engine.connect() as con:
            novas = self.repositorio.novas(con, PAGINA)
        if not novas:
            return []
        self._enfileirar(novas)
        return self._reservar(None)

    def _reservar(self, filtro: Filtro | None) -> list[Registro]:
        meta = self.cliente.config.metadata
        return self.fila.reservar(meta.bundle_size * meta.concurrency, self.dono, PRAZO, filtro=filtro)

    def _enfileirar(self, itens: list[ItemFila]) -> None:
        with self.engine.begin() as con:
            self.fila.enfileirar(con, itens)

    # -- one batch -------------------------------------------------------------------------------------------------------------------

    async def _lote(self, registros: list[Registro]) -> None:
        locais = await asyncio.to_thread(self.repositorio.observacoes, [r.chave for r in registros])
        prontos: list[Desfecho] = []
        itens: list[Item] = []
        for registro in registros:
            local = locais.get(registro.chave)
            if local is None:
                prontos.append(Desfecho(registro, "descartado", AUSENTE))
            elif local.sincronizada:
                prontos.append(Desfecho(registro, "concluido", "já sincronizada", versao=local.marca))
            else:
                itens.append(Item(registro, local, falha=None if local.com_paciente else DE_OUTRO))
        self.resultado.inalterados += len(prontos)
        await self._pacientes([i for i in itens if i.falha is None])
        await self.remessa.enviar([i for i in itens if i.falha is None])
        tempos = await asyncio.to_thread(self._gravar, itens, prontos)
        self._latencia += sum(tempos)
        self._medidos += len(tempos)
        if self._fora is not None:
            raise self._fora
        self._conferir_parcela()

    async def _pacientes(self, itens: list[Item]) -> None:
        """Every item's subject; a patient whom the EHR does not know yet is made first, once for all items."""
        por_paciente: dict[str, list[Item]] = {}
        for item in itens:
            por_paciente.setdefault(item.local.pessoa.paciente.id, []).append(item)
        vagas = asyncio.Semaphore(self.cliente.config.metadata.concurrency)
        fora: list[FusionHubError] = []

        async def um(dele: list[Item]) -> None:
            async with vagas:
                try:
                    if fora:
                        raise fora[0]  # A server that is down is not asked for each patient.
                    ehr_id = await self.pessoas.garantir(dele[0].local.pessoa)
                except SQLAlchemyError:
                    raise
                except Exception as erro:
                    falha = erro if isinstance(erro, FusionHubError) else RegistroInvalido("Patient", motivo_de(erro))
                    if servidor_fora(falha):
                        fora.append(falha)
                    for item in dele:
                        item.falha = falha
                else:
                    for item in dele:
                        item.sujeito = f"Patient/{ehr_id}"

        await asyncio.gather(*(um(dele) for dele in por_paciente.values()))

    def _gravar(self, itens: list[Item], prontos: list[Desfecho]) -> list[int]:
        """Platform and queue in one transaction (in a thread); rows that another worker took over meanwhile are left to it."""
        passou = any(item.enviada is not None for item in itens)
        with self.engine.begin() as con:
            meus = self.fila.ainda_meus(con, self.dono, [r.id for r in [d.registro for d in prontos] + [i.registro for i in itens]])
            tempos = self._gravar_enviadas(con, [i for i in itens if i.enviada is not None and i.registro.id in meus])
            self.fila.registrar(con, self.dono, prontos + [self._desfecho(item, passou) for item in itens])
        return tempos

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
            self._fora = falha
        if isinstance(falha, FhirNaoAutorizado):
            return Desfecho(item.registro, "devolvido")
        self.resultado.falhas += 1
        motivo = motivo_de(falha)
        self.resultado.motivos[motivo] += 1
        return Desfecho(item.registro, "erro", motivo, versao=item.local.marca)

    def _conferir_parcela(self) -> None:
        r = self.resultado
        if (total := r.enviados + r.falhas) >= MINIMO_PARA_PARCELA and r.falhas > PARCELA_MAX * total:
            raise MuitasRecusas(
                f"{r.falhas} de {total} observações recusadas. Motivo mais comum: {r.motivos.most_common(1)[0][0]}."
                " Corrija a causa e reenvie: as recusadas estão na fila com situação erro."
            )

    # -- around it -------------------------------------------------------------------------------------------------------------------

    async def _renovar(self) -> None:
        while True:
            await asyncio.sleep(PRAZO.total_seconds() / 4)
            with suppress(SQLAlchemyError):  # A database that is away is noticed by the next statement that matters.
                await asyncio.to_thread(self.fila.renovar, self.dono, PRAZO)

    def _concluir(self, erro: str | None, ms: int) -> None:
        r = self.resultado
        contagem = Contagem(enviados=r.enviados, falhas=r.falhas, duracao=ms, latencia=self._latencia, medidos=self._medidos)
        self.repositorio.concluir("push", erro, contagem)


def reenviar_de_falhas_passageiras(engine: Engine, tenant_id: str) -> int:
    """Dead letters that an outage made are pending again, as the seed's hourly job sends all that is not synchronised; how many."""
    consulta = (
        "SELECT chave FROM SincronizacaoFhir WHERE integracao_id = :n AND processo = :t AND situacao = 'erro' AND starts_with(motivo, :m)"
    )
    with engine.connect() as con:
        chaves = list(con.execute(text(consulta), {"n": numero(tenant_id), "t": tenant_id, "m": PREFIXO_INDISPONIVEL}).scalars())
    return fila_de(engine, tenant_id).reenviar_erros(chaves=chaves)

"""Pull of one tenant: the EHR's observations of every patient with an ``ehrPatientId`` → platform. The seed's "Pull Automático".

New ones are created, known ones (by ``fhirResourceId``) skipped unless their version changed. Per patient the highest ``_lastUpdated`` is
kept once all pages are stored, and the next pull begins a while before it: what a server commits late is not missed, and what comes twice
is recognised by its version. The marker is the server's own clock, but never ahead of ours: what it calls the future, today, it would not
bring again once its clock is right.

A patient whose search gets no answer (a 500, a time-out) holds nobody else: once more at the end, then it is refused like one that the
server says no to. Several in a row mean that the server is down.

What the platform cannot take stays behind in the tenant's incoming queue, the dead letter, with its reason. It is fetched again by its id when
somebody asks for that (its row is then pending), and whenever it is taken after all its row is closed.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.errors import motivo_de
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.errors import FhirIndisponivel, FhirRecusado, motivo_do_fim
from include.fusion.fhir.platform.repository import Contagem, Repositorio
from include.fusion.fhir.platform.tables import fila_de_entrada, numero
from include.fusion.fhir.pull.upsert import Guarda, Pagina, chave_de
from include.fusion.store.filas import Desfecho, Registro
from include.fusion.store.watermarks import PatientMarks

PACIENTES = 500
PRAZO = timedelta(seconds=120)
SEGUIDOS = 3
"""Patients in a row without an answer, or as many as are asked at once: then it is the server."""


@dataclass
class ResultadoBusca:
    """Counts of one pull. ``conflitos``: changed on both sides; ours goes out over theirs with the next push."""

    pacientes: int = 0
    novas: int = 0
    alteradas: int = 0
    conhecidas: int = 0
    conflitos: int = 0
    falhas: int = 0
    motivos: Counter[str] = field(default_factory=Counter)


class Busca:
    """One run for one tenant."""

    def __init__(self, engine: Engine, cliente: ClienteFhir, dono: str = "") -> None:
        self.engine = engine
        self.cliente = cliente
        self.tenant_id = cliente.tenant_id
        self.meta = cliente.config.metadata
        self.repositorio = Repositorio(engine, self.tenant_id)
        self.recusadas = fila_de_entrada(engine, self.tenant_id)
        self.marcas = PatientMarks(numero(self.tenant_id), self.tenant_id)
        self.dono = dono or f"busca/{secrets.token_hex(8)}|"
        self.resultado = ResultadoBusca()
        self._guarda = Guarda(self.repositorio, cliente.config, self.recusadas)
        self._latencia = self._medidos = 0
        self._calados: list[tuple[str, str, FhirIndisponivel]] = []
        self._seguidos, self._respondeu = 0, False

    async def executar(self, pacientes: Sequence[tuple[str, str]] | None = None, *, so_recusadas: bool = False) -> ResultadoBusca:
        """Pull what is to be fetched again and then all patients; ``so_recusadas`` the former alone; or just these ``(id, ehrPatientId)``.

        A record or a patient that is refused is noted and counted, an outage ends the run.
        """
        inicio, erro = time.monotonic(), None
        try:
            async with self.cliente:
                if pacientes is not None:
                    await self._grupo(pacientes)
                    if self._calados:
                        raise self._calados[0][2]
                else:
                    await self._de_novo_e_todos(so_recusadas)
        except BaseException as falha:
            erro = motivo_do_fim(falha)
            raise
        finally:
            r = self.resultado
            with suppress(SQLAlchemyError):
                ms = round((time.monotonic() - inicio) * 1000)
                contagem = Contagem(
                    recebidos=r.novas + r.alteradas, falhas=r.falhas, duracao=ms, latencia=self._latencia, medidos=self._medidos
                )
                await asyncio.to_thread(self.repositorio.concluir, "pull", erro, contagem)
        return self.resultado

    async def _de_novo_e_todos(self, so_recusadas: bool) -> None:
        falha = await self._de_novo()
        depois = ""
        while not so_recusadas and (grupo := await asyncio.to_thread(self.repositorio.pacientes_no_ehr, depois, PACIENTES)):
            await self._grupo(grupo)
            depois = grupo[-1][0]
        if self._calados and not self._respondeu:
            raise self._calados[0][2]
        calados, self._calados = self._calados, []
        for paciente, ehr_id, _ in calados:
            self._seguidos = 0
            await self._grupo([(paciente, ehr_id)])
        for paciente, ehr_id, erro in self._calados:
            await self._recusar_paciente(paciente, ehr_id, erro)
        if falha is not None:
            raise falha

    async def _grupo(self, grupo: Sequence[tuple[str, str]]) -> None:
        marcas = await asyncio.to_thread(self._marcas, grupo)
        abertas = await asyncio.to_thread(self._na_fila, self.recusadas.abertas, [chave_de("Patient", ehr_id) for _, ehr_id in grupo])
        vagas = asyncio.Semaphore(self.meta.concurrency)
        fora = False

        async def um(id: str, ehr_id: str) -> None:
            nonlocal fora
            async with vagas:
                if fora:
                    return  # A server that is down is not asked for each patient.
                try:
                    if await self._paciente(id, ehr_id, marcas.get(id)) is None and chave_de("Patient", ehr_id) in abertas:
                        await asyncio.to_thread(self._na_fila, self.recusadas.conclude, [chave_de("Patient", ehr_id)])
                except FhirRecusado as recusa:
                    await self._recusar_paciente(id, ehr_id, recusa)
                except FhirIndisponivel as erro:
                    self._calados.append((id, ehr_id, erro))
                    self._seguidos += 1
                    if self._seguidos >= max(SEGUIDOS, self.meta.concurrency):
                        fora = True
                        raise
                    return
                except Exception:
                    fora = True
                    raise
                self._seguidos, self._respondeu = 0, True

        falhas = [f for f in await asyncio.gather(*(um(*p) for p in grupo), return_exceptions=True) if f is not None]
        if falhas:
            raise falhas[0]

    async def _paciente(self, id: str, ehr_id: str, marca: str | None) -> str | None:
        """All pages of one patient; why the search itself was no good, where it was not."""
        parametros = [("patient", ehr_id), ("_count", str(self.meta.page_size))]
        if marca is not None:
            desde = datetime.fromisoformat(marca) - timedelta(seconds=self.meta.overlap_seconds)
            parametros.append(("_lastUpdated", f"ge{desde.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"))
        maior, ruim, agora = marca, None, datetime.now(UTC).isoformat(timespec="microseconds")
        async for recursos in self.cliente.paginas("Observation", parametros):
            pagina = await asyncio.to_thread(self._guarda.guardar, id, ehr_id, recursos)
            self._somar(pagina)
            ruim = pagina.recusadas.get(chave_de("Patient", ehr_id), ruim)
            maior = max(filter(None, (maior, pagina.maior)), default=None)
        if maior is not None and (maior := min(maior, agora)) != marca:
            await asyncio.to_thread(self._marcar, id, ehr_id, maior)
        self.resultado.pacientes += 1
        return ruim

    async def _recusar_paciente(self, id: str, ehr_id: str, erro: Exception) -> None:
        self._recusar(Counter([motivo_de(erro)]))
        await asyncio.to_thread(self._na_fila, self.recusadas.refuse, {chave_de("Patient", ehr_id): motivo_de(erro)}, id)

    def _recusar(self, motivos: Counter[str]) -> None:
        self.resultado.falhas += motivos.total()
        self.resultado.motivos += motivos

    def _somar(self, pagina: Pagina) -> None:
        self._latencia += sum(pagina.tempos)
        self._medidos += len(pagina.tempos)
        for nome, quantas in pagina.contagem.items():
            setattr(self.resultado, nome, getattr(self.resultado, nome) + quantas)
        self._recusar(pagina.motivos)

    # -- once more -------------------------------------------------------------------------------------------------------------------

    async def _de_novo(self) -> FhirIndisponivel | None:
        """Fetch by its id what somebody asked to have pulled again; what an outage leaves undone stays pending, and is what is returned."""
        quantas = self.meta.concurrency * 5
        vagas = asyncio.Semaphore(self.meta.concurrency)

        async def um(registro: Registro) -> Desfecho:
            async with vagas:
                return await self._buscar_de_novo(registro)

        while registros := await asyncio.to_thread(self.recusadas.reservar, quantas, self.dono, PRAZO):
            feitos = await asyncio.gather(*(um(r) for r in registros), return_exceptions=True)
            await asyncio.to_thread(self._registrar, registros, feitos)
            falhas = [f for f in feitos if isinstance(f, BaseException)]
            if graves := [f for f in falhas if not isinstance(f, FhirIndisponivel)]:
                raise graves[0]
            if falhas:
                return next(f for f in falhas if isinstance(f, FhirIndisponivel))
        return None

    def _registrar(self, registros: list[Registro], feitos: list[Desfecho | BaseException]) -> None:
        desfechos = [f if isinstance(f, Desfecho) else Desfecho(r, "devolvido") for r, f in zip(registros, feitos, strict=True)]
        self._na_fila(self.recusadas.registrar, self.dono, desfechos)

    async def _buscar_de_novo(self, registro: Registro) -> Desfecho:
        tipo, _, recurso_id = registro.chave.partition("/")
        pessoa = await asyncio.to_thread(self.repositorio.pessoa, registro.chave_paciente)
        if pessoa is None or pessoa.ehr_id is None:
            return Desfecho(registro, "descartado", "paciente já não está na plataforma, ou sem ehrPatientId")
        paciente = pessoa.paciente.id
        try:
            if tipo == "Patient":
                marcas = await asyncio.to_thread(self._marcas, [(paciente, pessoa.ehr_id)])
                motivo = await self._paciente(paciente, pessoa.ehr_id, marcas.get(paciente))
            else:
                lido = (await self.cliente.ler(tipo, quote(recurso_id, safe=""))).corpo
                pagina = await asyncio.to_thread(self._guarda.guardar, paciente, pessoa.ehr_id, [lido])
                self._somar(pagina)
                motivo = next(iter(pagina.motivos), None)
        except FhirRecusado as recusa:
            if recusa.status == 410:
                return Desfecho(registro, "descartado", "apagado no servidor FHIR")
            self._recusar(Counter([motivo_de(recusa)]))
            motivo = motivo_de(recusa)
        except FhirIndisponivel as erro:
            if erro.status != 500:
                raise
            # One resource that the server cannot give, not the server.
            self._recusar(Counter([motivo_de(erro)]))
            motivo = motivo_de(erro)
        return Desfecho(registro, "concluido" if motivo is None else "erro", motivo)

    def _na_fila(self, mudar: Callable[..., Any], *valores: Any) -> Any:
        with self.engine.begin() as con:
            return mudar(con, *valores)

    # -- markers ---------------------------------------------------------------------------------------------------------------------

    def _de_quem(self, ehr_id: str) -> str:
        return f"{self.cliente.config.base_url}/Patient/{ehr_id}"

    def _marcas(self, pacientes: Sequence[tuple[str, str]]) -> dict[str, str]:
        with self.engine.connect() as con:
            return self.marcas.ler(con, {p: self._de_quem(e) for p, e in pacientes})

    def _marcar(self, paciente: str, ehr_id: str, marcador: str) -> None:
        with self.engine.begin() as con:
            self.marcas.gravar(con, paciente, self._de_quem(ehr_id), marcador)

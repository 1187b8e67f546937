"""FHIR: push in bundles beside a bare client, two hundred tenants with ten dead servers, real time through Airflow."""

from __future__ import annotations

import asyncio
import secrets
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import psycopg2

from include.fusion.fhir.config.model import Metadados
from include.fusion.fhir.mapping.observation import para_fhir
from include.fusion.fhir.mapping.validate import em_json
from include.fusion.fhir.platform.repository import Repositorio
from include.fusion.wiring.fhir_names import TempoReal
from sandbox.fhir.servidor import ServidorFhir
from sandbox.origens import plataforma
from sandbox.postgres import Postgres
from sandbox.report.base import Relatorio
from sandbox.report.fhir import PUSH, somar
from sandbox.simulador import Origem, criar_registro
from sandbox.stack import airflow_api
from tests.bench.apoio import Medida, executar, maquina, medida, servidor_postgres
from tests.bench.hub import hub
from tests.integration.fhir_apoio import BancadaFhir

META = Metadados()


@contextmanager
def bancada(tenants: int, pacientes: int) -> Iterator[BancadaFhir]:
    """A platform and a FHIR server of the benchmark's own."""
    with servidor_postgres() as (postgres, pasta):
        servidor = ServidorFhir(pasta / "fhir", validade_token=3600).iniciar()
        feita = _bancada(postgres, pasta, servidor, tenants, pacientes)
        try:
            yield feita
        finally:
            feita.fechar()
            servidor.parar()


def _bancada(postgres: Postgres, pasta: Path, servidor: ServidorFhir, tenants: int, pacientes: int) -> BancadaFhir:
    return BancadaFhir(postgres.criar_banco("plataforma"), pasta, servidor, tenants, pacientes)


def semear(b: BancadaFhir, quantas: int, tenant: str = "") -> list[str]:
    """Observations of a tenant in one transaction."""
    ids = b.observar(quantas, tenant)
    executar(b.dsn, "analyze observations", "analyze SincronizacaoFhir")
    return ids


# -- push beside a bare client ---------------------------------------------------------------------------------------------------------


def pacotes(b: BancadaFhir, ids: list[str]) -> list[bytes]:
    """The bundles that the push would send for these, ready made: same size, same conditional creates."""
    entradas = []
    for local in Repositorio(b.engine, b.tenant).observacoes(ids).values():
        pedido = {"method": "POST", "url": "Observation", "ifNoneExist": f"identifier={META.observation_system}|{local.obs.id}"}
        recurso = para_fhir(local.obs, f"Patient/{local.pessoa.ehr_id}", META)
        entradas.append({"resource": recurso, "request": pedido})
    fatias = [entradas[i : i + META.bundle_size] for i in range(0, len(entradas), META.bundle_size)]
    return [em_json({"resourceType": "Bundle", "type": META.bundle, "entry": f}) for f in fatias]


async def nu(b: BancadaFhir, corpos: list[bytes]) -> float:
    """Seconds that a client takes which does nothing but send, over as many connections as the push uses."""
    assert b.servidor is not None
    fila = list(corpos)
    cabecalhos = {"X-API-Key": b.servidor.segredo, "Content-Type": "application/fhir+json"}

    async def mandar(sessao: aiohttp.ClientSession) -> None:
        while fila:
            async with sessao.post(b.cliente().config.base_url, data=fila.pop(), headers=cabecalhos) as resposta:
                lido = await resposta.json(content_type=None)
                outros = {e["response"]["status"] for e in lido["entry"]} - {"201 Created"}
                assert not outros, f"the bare client was answered {outros}"

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as sessao:
        inicio = time.perf_counter()
        await asyncio.gather(*(mandar(sessao) for _ in range(META.concurrency)))
        return time.perf_counter() - inicio


def envio(rapido: bool) -> list[Medida]:
    """Push and bare client take turns on one server, so that its growth and the machine's load are the same for both."""
    quantas, voltas = (500, 2) if rapido else (3000, 4)
    nossas, nuas = [], []
    with bancada(1, 50) as b:
        semear(b, 300)
        b.enviar()  # Every patient is known, and both sides are warm.
        for _ in range(voltas):
            ids = semear(b, quantas)
            corpos = pacotes(b, ids)
            executar(b.dsn, 'update observations set "syncedToEHR" = true where not "syncedToEHR"')
            nuas.append(quantas / asyncio.run(nu(b, corpos)))
            semear(b, quantas)
            inicio = time.perf_counter()
            enviados = b.enviar().enviados
            nossas.append(enviados / (time.perf_counter() - inicio))
        faltam = b.pendentes()
    taxa, parte = statistics.median(nossas), 100 * statistics.median(nossas) / statistics.median(nuas)
    como = (
        f"{voltas} rounds of {quantas} in turn with a bare client ({statistics.median(nuas):.0f}/s with the same bundles of {META.bundle_size} over"
        f" {META.concurrency} connections); queue, mapping, R4B validation, conditional create, outcomes stored; {faltam} left unsent; {maquina()}"
    )
    basta = taxa >= 500
    return [
        medida("fhir: push in bundles", taxa, "obs/s", como, minimo=500 if basta else None),
        medida("fhir: push, share of what the server takes from a bare client", parte, "%", como, minimo=None if basta else 80),
    ]


# -- two hundred tenants ---------------------------------------------------------------------------------------------------------------


@contextmanager
def mudo() -> Iterator[str]:
    """Address of a server that takes connections and never says a word: the slowest way to be dead."""
    with socket.socket() as tomada:
        tomada.bind(("127.0.0.1", 0))
        tomada.listen(512)
        yield f"http://127.0.0.1:{tomada.getsockname()[1]}/fhir"


def _ate_acabar(b: BancadaFhir, tenants: list[str]) -> float:
    inicio = time.perf_counter()
    while b.sql('select 1 from observations where not "syncedToEHR" and "tenantId" = any(%s) limit 1', tenants):
        time.sleep(0.1)
    return time.perf_counter() - inicio


async def servir(b: BancadaFhir, vivos: list[str]) -> float:
    """Seconds until everything of the living tenants is sent."""
    tarefa = asyncio.create_task(TempoReal(b.engine, b.cliente, f"bench{secrets.token_hex(4)}#|", intervalo=0.1).executar())
    duracao = await asyncio.to_thread(_ate_acabar, b, vivos)
    tarefa.cancel()
    with suppress(asyncio.CancelledError):
        await tarefa
    return duracao


def muitos_tenants(rapido: bool) -> list[Medida]:
    """With and without work for the dead ones, in turn: A B B A."""
    total, mortos, cada, voltas = (30, 4, 4, 1) if rapido else (200, 10, 15, 2)
    tempos: dict[bool, list[float]] = {True: [], False: []}
    with bancada(total, 2) as b, mudo() as calado:
        ids = [t.id for t in b.tenants]
        vivos, fora = ids[mortos:], ids[:mortos]
        for tenant in ids:
            b.configurar(tenant, syncFrequency="realtime")
        for n, tenant in enumerate(fora):
            onde = calado if n % 2 else "http://127.0.0.1:1/fhir"
            b.configurar(tenant, syncFrequency="realtime", baseUrl=onde, **b.servidor.acesso("apikey"), initialDelay=1000, maxDelay=30_000)  # type: ignore[union-attr]
        _observar(b, dict.fromkeys(vivos, 4))
        asyncio.run(servir(b, vivos))  # Patients and tokens are there.
        for com in [True, False, False, True] * voltas:
            executar(b.dsn, "delete from marca_dagua where origem = 'pausa'")
            executar(b.dsn, 'update observations set "syncedToEHR" = true', "delete from SincronizacaoFhir where situacao <> 'concluido'")
            _observar(b, dict.fromkeys(vivos, cada) | (dict.fromkeys(fora, cada) if com else {}))
            tempos[com].append(asyncio.run(servir(b, vivos)))
    com_mortos, sem = statistics.mean(tempos[True]), statistics.mean(tempos[False])
    como = (
        f"{total} tenants, {cada} observations each; {mortos} dead, half refuse the connection and half never answer; real time, A B B A × {voltas}: "
        f"{', '.join(f'{t:.1f}' for t in tempos[True])} s with them, {', '.join(f'{t:.1f}' for t in tempos[False])} s without; {maquina()}"
    )
    return [medida("fhir: healthy tenants slowed by ten dead servers", 100 * (com_mortos / sem - 1), "%", como, maximo=10)]


def _observar(b: BancadaFhir, quantas: dict[str, int]) -> None:
    con = psycopg2.connect(b.dsn)
    for tenant, n in quantas.items():
        for _ in range(n):
            plataforma.observar(con, b.rng, tenant)
    con.commit()
    con.close()
    executar(b.dsn, "analyze observations", "analyze SincronizacaoFhir")


# -- real time -------------------------------------------------------------------------------------------------------------------------


def tempo_real(rapido: bool) -> list[Medida]:
    """From the observation's commit to its fhirResourceId, watcher and DAG included."""
    duracao = 30 if rapido else 180
    with hub() as h:
        h.esperar(lambda: not airflow_api.faltam_dags(h.estado), 120, "loading the DAGs")
        h.ociosa()
        criar_registro(h.urls["simulador"])
        urls: dict[str, str] = {**h.urls}
        fim = threading.Event()
        origem = Origem("plataforma", urls["plataforma"], urls["simulador"], taxa=1.0, duracao=duracao, invalidos=0, semente=3, fim=fim)
        origem.start()
        h.esperar(lambda: not origem.is_alive(), duracao + 60, "the platform's work")
        limite = time.monotonic() + 30
        relatorio: Any = Relatorio()
        somar(relatorio, urls)
        while relatorio.integrations[PUSH].missing and time.monotonic() < limite:
            h.passar(1)
            somar(relatorio, urls)
        linha = relatorio.integrations[PUSH]
    como = f"{duracao} s, 1 change/s over three tenants, two of them on realtime; {linha.changed} changes, {linha.missing} missing, {linha.doubled} doubled; {maquina()}"
    return [
        medida("fhir: realtime p50, from commit to fhirResourceId", linha.p50_s, "s", como, maximo=3),
        medida("fhir: realtime p95, from commit to fhirResourceId", linha.p95_s, "s", como),
    ]


def run(rapido: bool = False) -> list[Medida]:
    """Quickest first."""
    return [*envio(rapido), *muitos_tenants(rapido), *tempo_real(rapido)]

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

from include.fusion.fhir.config.model import SyncSettings
from include.fusion.fhir.mapping.observation import to_fhir
from include.fusion.fhir.mapping.validate import as_json
from include.fusion.fhir.platform.repository import Repository
from include.fusion.wiring.fhir_names import Realtime
from sandbox.fhir.servidor import FhirServer
from sandbox.origens import plataforma
from sandbox.postgres import Postgres
from sandbox.report.base import Report
from sandbox.report.fhir import PUSH, add
from sandbox.simulador import Origin, create_register
from sandbox.stack import airflow_api
from tests.bench.helpers import Measure, machine, measure, postgres_server, run_sql
from tests.bench.hub import hub
from tests.integration.fhir.harness import FhirHarness

META = SyncSettings()


@contextmanager
def harness(tenants: int, pacientes: int) -> Iterator[FhirHarness]:
    """A platform and a FHIR server of the benchmark's own."""
    with postgres_server() as (postgres, folder):
        server = FhirServer(folder / "fhir", token_validity=3600).start_run()
        made = _harness(postgres, folder, server, tenants, pacientes)
        try:
            yield made
        finally:
            made.close()
            server.stop()


def _harness(postgres: Postgres, folder: Path, server: FhirServer, tenants: int, pacientes: int) -> FhirHarness:
    return FhirHarness(postgres.create_database("plataforma"), folder, server, tenants, pacientes)


def sow(b: FhirHarness, count: int, tenant: str = "") -> list[str]:
    """Observations of a tenant in one transaction."""
    ids = b.observe(count, tenant)
    run_sql(b.dsn, "analyze observations", "analyze SincronizacaoFhir")
    return ids


# -- push beside a bare client ---------------------------------------------------------------------------------------------------------


def packages(b: FhirHarness, ids: list[str]) -> list[bytes]:
    """The bundles that the push would send for these, ready made: same size, same conditional creates."""
    entries = []
    for local in Repository(b.engine, b.tenant).observacoes(ids).values():
        request = {"method": "POST", "url": "Observation", "ifNoneExist": f"identifier={META.observation_system}|{local.obs.id}"}
        resource = to_fhir(local.obs, f"Patient/{local.person.ehr_id}", META)
        entries.append({"resource": resource, "request": request})
    chunks = [entries[i : i + META.bundle_size] for i in range(0, len(entries), META.bundle_size)]
    return [as_json({"resourceType": "Bundle", "type": META.bundle, "entry": f}) for f in chunks]


async def bare(b: FhirHarness, bodies: list[bytes]) -> float:
    """Seconds that a client takes which does nothing but send, over as many connections as the push uses."""
    assert b.server is not None
    fila = list(bodies)
    headers = {"X-API-Key": b.server.secret, "Content-Type": "application/fhir+json"}

    async def dispatch(session: aiohttp.ClientSession) -> None:
        while fila:
            async with session.post(b.client().config.base_url, data=fila.pop(), headers=headers) as response:
                read_item = await response.json(content_type=None)
                others = {e["response"]["status"] for e in read_item["entry"]} - {"201 Created"}
                assert not others, f"the bare client was answered {others}"

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as http:
        start = time.perf_counter()
        await asyncio.gather(*(dispatch(http) for _ in range(META.concurrency)))
        return time.perf_counter() - start


def outgoing(quick: bool) -> list[Measure]:
    """Push and bare client take turns on one server, so that its growth and the machine's load are the same for both."""
    count, voltas = (500, 2) if quick else (3000, 4)
    ours, nuas = [], []
    with harness(1, 50) as b:
        sow(b, 300)
        b.send()  # Every patient is known, and both sides are warm.
        for _ in range(voltas):
            ids = sow(b, count)
            bodies = packages(b, ids)
            run_sql(b.dsn, 'update observations set "syncedToEHR" = true where not "syncedToEHR"')
            nuas.append(count / asyncio.run(bare(b, bodies)))
            sow(b, count)
            start = time.perf_counter()
            sent = b.send().enviados
            ours.append(sent / (time.perf_counter() - start))
        missing = b.pending_ones()
    rate, part = statistics.median(ours), 100 * statistics.median(ours) / statistics.median(nuas)
    how = (
        f"{voltas} rounds of {count} in turn with a bare client ({statistics.median(nuas):.0f}/s with the same bundles of {META.bundle_size} over"
        f" {META.concurrency} connections); queue, mapping, R4B validation, conditional create, outcomes stored; {missing} left unsent; {machine()}"
    )
    basta = rate >= 500
    return [
        measure("fhir: push in bundles", rate, "obs/s", how, minimum=500 if basta else None),
        measure("fhir: push, share of what the server takes from a bare client", part, "%", how, minimum=None if basta else 80),
    ]


# -- two hundred tenants ---------------------------------------------------------------------------------------------------------------


@contextmanager
def mute() -> Iterator[str]:
    """Address of a server that takes connections and never says a word: the slowest way to be dead."""
    with socket.socket() as listening_socket:
        listening_socket.bind(("127.0.0.1", 0))
        listening_socket.listen(512)
        yield f"http://127.0.0.1:{listening_socket.getsockname()[1]}/fhir"


def _until_over(b: FhirHarness, tenants: list[str]) -> float:
    start = time.perf_counter()
    while b.sql('select 1 from observations where not "syncedToEHR" and "tenantId" = any(%s) limit 1', tenants):
        time.sleep(0.1)
    return time.perf_counter() - start


async def serve_forever(b: FhirHarness, living: list[str]) -> float:
    """Seconds until everything of the living tenants is sent."""
    task = asyncio.create_task(Realtime(b.engine, b.client, f"bench{secrets.token_hex(4)}#|", interval=0.1).run())
    duration = await asyncio.to_thread(_until_over, b, living)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return duration


def many_tenants(quick: bool) -> list[Measure]:
    """With and without work for the dead ones, in turn: A B B A."""
    total, dead_count, each, voltas = (30, 4, 4, 1) if quick else (200, 10, 15, 2)
    times: dict[bool, list[float]] = {True: [], False: []}
    with harness(total, 2) as b, mute() as silent:
        ids = [t.id for t in b.tenants]
        living, outage = ids[dead_count:], ids[:dead_count]
        for tenant in ids:
            b.configure(tenant, syncFrequency="realtime")
        for n, tenant in enumerate(outage):
            where = silent if n % 2 else "http://127.0.0.1:1/fhir"
            b.configure(tenant, syncFrequency="realtime", baseUrl=where, **b.server.acesso("apikey"), initialDelay=1000, maxDelay=30_000)  # type: ignore[union-attr]
        _observe(b, dict.fromkeys(living, 4))
        asyncio.run(serve_forever(b, living))  # Patients and tokens are there.
        for com in [True, False, False, True] * voltas:
            run_sql(b.dsn, "delete from marca_dagua where origem = 'pausa'")
            run_sql(b.dsn, 'update observations set "syncedToEHR" = true', "delete from SincronizacaoFhir where situacao <> 'concluido'")
            _observe(b, dict.fromkeys(living, each) | (dict.fromkeys(outage, each) if com else {}))
            times[com].append(asyncio.run(serve_forever(b, living)))
    com_mortos, without = statistics.mean(times[True]), statistics.mean(times[False])
    how = (
        f"{total} tenants, {each} observations each; {dead_count} dead, half refuse the connection and half never answer; real time, A B B A × {voltas}: "
        f"{', '.join(f'{t:.1f}' for t in times[True])} s with them, {', '.join(f'{t:.1f}' for t in times[False])} s without; {machine()}"
    )
    return [measure("fhir: healthy tenants slowed by ten dead servers", 100 * (com_mortos / without - 1), "%", how, maximum=10)]


def _observe(b: FhirHarness, count: dict[str, int]) -> None:
    con = psycopg2.connect(b.dsn)
    for tenant, n in count.items():
        for _ in range(n):
            plataforma.observe(con, b.rng, tenant)
    con.commit()
    con.close()
    run_sql(b.dsn, "analyze observations", "analyze SincronizacaoFhir")


# -- real time -------------------------------------------------------------------------------------------------------------------------


def realtime(quick: bool) -> list[Measure]:
    """From the observation's commit to its fhirResourceId, watcher and DAG included."""
    duration = 30 if quick else 180
    with hub() as h:
        h.wait(lambda: not airflow_api.missing_dags(h.estado), 120, "loading the DAGs")
        h.idle()
        create_register(h.urls["simulador"])
        urls: dict[str, str] = {**h.urls}
        end = threading.Event()
        origin = Origin(
            "plataforma", urls["plataforma"], urls["simulador"], rate=1.0, duration=duration, invalid_share=0, semente=3, end=end
        )
        origin.start()
        h.wait(lambda: not origin.is_alive(), duration + 60, "the platform's work")
        limit = time.monotonic() + 30
        report: Any = Report()
        add(report, urls)
        while report.integrations[PUSH].missing and time.monotonic() < limit:
            h.pass_over(1)
            add(report, urls)
        row = report.integrations[PUSH]
    how = f"{duration} s, 1 change/s over three tenants, two of them on realtime; {row.changed} changes, {row.missing} missing, {row.doubled} doubled; {machine()}"
    return [
        measure("fhir: realtime p50, from commit to fhirResourceId", row.p50_s, "s", how, maximum=3),
        measure("fhir: realtime p95, from commit to fhirResourceId", row.p95_s, "s", how),
    ]


def run(quick: bool = False) -> list[Measure]:
    """Quickest first."""
    return [*outgoing(quick), *many_tenants(quick), *realtime(quick)]

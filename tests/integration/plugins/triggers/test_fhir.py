"""Real time: the watcher speaks while work remains, one task serves every tenant, a dead server holds nobody up."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fusion_airflow.triggers.fhir import ObservacaoPendenteTrigger
from include.fusion.fhir.push import due_tenants
from include.fusion.wiring.fhir_names import Realtime
from sandbox.fhir.servidor import FhirServer
from tests.integration.fhir.harness import FhirHarness, so_sandbox

pytestmark = so_sandbox


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    done = FhirServer(tmp_path_factory.mktemp("fhir")).start_run()
    yield done
    done.stop()


@pytest.fixture
def harness(database: str, tmp_path: Path, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FhirHarness]:
    monkeypatch.setenv("AIRFLOW_CONN_PLATAFORMA", database)
    made = FhirHarness(database, tmp_path, server, tenants=4)
    for tenant in made.tenants:
        made.configure(tenant.id, syncFrequency="realtime")
    yield made
    made.close()


def run_task(harness: FhirHarness, **settings: Any) -> dict[str, int]:
    values: dict[str, Any] = {"linger": 0.5, "interval": 0.05, **settings}
    return asyncio.run(Realtime(harness.engine, harness.client, "tr#1|", **values).run())


def hear(seconds: float = 1.5) -> list[Any]:
    ditos: list[Any] = []

    async def listen() -> None:
        trigger = ObservacaoPendenteTrigger(interval=0.05, re_announce=0.3)
        try:
            async with asyncio.timeout(seconds):
                async for event in trigger.run():
                    ditos.append(event.payload)  # noqa: PERF401 - kept as they come: the timeout ends the loop
        except TimeoutError:
            pass
        await trigger.cleanup()

    asyncio.run(listen())
    return ditos


def test_all_tenants_are_served_by_one_task(harness: FhirHarness) -> None:
    for tenant in harness.tenants:
        harness.observe(5, tenant.id)
    assert run_task(harness)["enviados"] == 20
    assert [harness.pending_ones(t.id) for t in harness.tenants] == [0] * 4


def test_what_comes_while_it_is_on_duty_needs_no_new_run(harness: FhirHarness) -> None:
    dag_run = threading.Thread(target=run_task, args=(harness,), kwargs={"linger": 2.0})
    dag_run.start()
    time.sleep(1.0)
    harness.observe(1)
    start = time.monotonic()
    while harness.pending_ones() and time.monotonic() - start < 5:
        time.sleep(0.02)
    assert time.monotonic() - start < 2
    assert hear(0.5) == []  # Nobody need be woken meanwhile.
    dag_run.join()


def test_a_dead_server_pauses_its_tenant_and_no_other(harness: FhirHarness) -> None:
    morto = harness.tenants[1].id
    harness.configure(morto, syncFrequency="realtime", baseUrl="http://127.0.0.1:1/fhir", maxRetries=1)
    for tenant in harness.tenants:
        harness.observe(3, tenant.id)
    assert run_task(harness)["tenants_com_falha"] == 1
    assert [harness.pending_ones(t.id) for t in harness.tenants] == [0, 3, 0, 0]
    harness.observe(1, morto)
    assert due_tenants.due_tenants(harness.engine, due_tenants.REALTIME, respect_pause=True) == []
    assert len(due_tenants.due_tenants(harness.engine, due_tenants.REALTIME)) == 1


def test_each_more_failure_doubles_the_pause_and_a_success_ends_it(harness: FhirHarness) -> None:
    for expected in (15, 30, 60):
        due_tenants.pause(harness.engine, harness.tenant)
        [(marker,)] = harness.sql("select marcador from marca_dagua where origem = 'pausa'")
        assert float(marker) == expected
    due_tenants.resume(harness.engine, harness.tenant)
    assert harness.sql("select 1 from marca_dagua where origem = 'pausa'") == []


def test_the_watcher_speaks_again_while_work_remains_and_keeps_quiet_without(harness: FhirHarness) -> None:
    assert hear(0.6) == []
    harness.observe(2)
    assert len(hear(1.5)) >= 2
    harness.configure(syncFrequency="hourly")
    assert hear(0.6) == []


def test_a_refused_observation_is_no_reason_to_wake_anybody(harness: FhirHarness) -> None:
    [obs_id] = harness.observe(1)
    harness.sql("update observations set type = 'nada' where id = %s", obs_id)
    run_task(harness)
    assert hear(0.6) == [] and len(harness.dead_letters_of()) == 1


def test_a_server_that_hangs_does_not_hold_up_the_next_run(harness: FhirHarness) -> None:
    mute = harness.tenants[1].id
    with socket.create_server(("127.0.0.1", 0)) as surdo:
        harness.configure(
            mute,
            syncFrequency="realtime",
            baseUrl=f"http://127.0.0.1:{surdo.getsockname()[1]}/fhir",
            authType="apikey",
            authConfig={"apiKey": "x"},
        )
        harness.observe(1, mute)
        start = time.monotonic()
        run_task(harness, duration=1.0, farewell=0.3)
    assert time.monotonic() - start < 5
    assert harness.sql("select situacao from SincronizacaoFhir") == [("pendente",)]
    assert len(hear(0.5)) >= 1


def test_what_nobody_foresaw_pauses_the_tenant_and_is_told(harness: FhirHarness) -> None:
    harness.observe(1)
    harness.sql("drop table fhir_resources")
    assert run_task(harness)["tenants_com_falha"] == 1
    assert harness.sql("select last_sync_at, last_error from fhir_integration_configs where last_error is not null") == [
        (None, "envio: execução interrompida (ProgrammingError)")
    ]


def test_switching_a_tenant_off_stops_what_runs(harness: FhirHarness) -> None:
    harness.observe(3)
    harness.configure(syncFrequency="realtime", enabled=False)
    dag_run = Realtime(harness.engine, harness.client, "tr#1|")
    asyncio.run(dag_run._one(harness.tenant))  # As one that was on its way already.
    assert (dag_run.contagens["enviados"], harness.pending_ones()) == (0, 3)

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
from include.fusion.wiring.fhir_names import TempoReal
from sandbox.fhir.servidor import ServidorFhir
from tests.integration.fhir_apoio import BancadaFhir, so_sandbox

pytestmark = so_sandbox


@pytest.fixture(scope="module")
def servidor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorFhir]:
    feito = ServidorFhir(tmp_path_factory.mktemp("fhir")).iniciar()
    yield feito
    feito.parar()


@pytest.fixture
def bancada(banco: str, tmp_path: Path, servidor: ServidorFhir, monkeypatch: pytest.MonkeyPatch) -> Iterator[BancadaFhir]:
    monkeypatch.setenv("AIRFLOW_CONN_PLATAFORMA", banco)
    feita = BancadaFhir(banco, tmp_path, servidor, tenants=4)
    for tenant in feita.tenants:
        feita.configurar(tenant.id, syncFrequency="realtime")
    yield feita
    feita.fechar()


def rodar(bancada: BancadaFhir, **ajustes: Any) -> dict[str, int]:
    valores: dict[str, Any] = {"permanencia": 0.5, "intervalo": 0.05, **ajustes}
    return asyncio.run(TempoReal(bancada.engine, bancada.cliente, "tr#1|", **valores).executar())


def ouvir(segundos: float = 1.5) -> list[Any]:
    ditos: list[Any] = []

    async def escutar() -> None:
        gatilho = ObservacaoPendenteTrigger(intervalo=0.05, relembrar=0.3)
        try:
            async with asyncio.timeout(segundos):
                async for evento in gatilho.run():
                    ditos.append(evento.payload)  # noqa: PERF401 - kept as they come: the timeout ends the loop
        except TimeoutError:
            pass
        await gatilho.cleanup()

    asyncio.run(escutar())
    return ditos


def test_all_tenants_are_served_by_one_task(bancada: BancadaFhir) -> None:
    for tenant in bancada.tenants:
        bancada.observar(5, tenant.id)
    assert rodar(bancada)["enviados"] == 20
    assert [bancada.pendentes(t.id) for t in bancada.tenants] == [0] * 4


def test_what_comes_while_it_is_on_duty_needs_no_new_run(bancada: BancadaFhir) -> None:
    corrida = threading.Thread(target=rodar, args=(bancada,), kwargs={"permanencia": 2.0})
    corrida.start()
    time.sleep(1.0)
    bancada.observar(1)
    inicio = time.monotonic()
    while bancada.pendentes() and time.monotonic() - inicio < 5:
        time.sleep(0.02)
    assert time.monotonic() - inicio < 2
    assert ouvir(0.5) == []  # Nobody need be woken meanwhile.
    corrida.join()


def test_a_dead_server_pauses_its_tenant_and_no_other(bancada: BancadaFhir) -> None:
    morto = bancada.tenants[1].id
    bancada.configurar(morto, syncFrequency="realtime", baseUrl="http://127.0.0.1:1/fhir", maxRetries=1)
    for tenant in bancada.tenants:
        bancada.observar(3, tenant.id)
    assert rodar(bancada)["tenants_com_falha"] == 1
    assert [bancada.pendentes(t.id) for t in bancada.tenants] == [0, 3, 0, 0]
    bancada.observar(1, morto)
    assert due_tenants.tenants_com_trabalho(bancada.engine, due_tenants.TEMPO_REAL, respeitar_pausa=True) == []
    assert len(due_tenants.tenants_com_trabalho(bancada.engine, due_tenants.TEMPO_REAL)) == 1


def test_each_more_failure_doubles_the_pause_and_a_success_ends_it(bancada: BancadaFhir) -> None:
    for esperado in (15, 30, 60):
        due_tenants.pausar(bancada.engine, bancada.tenant)
        [(marcador,)] = bancada.sql("select marcador from marca_dagua where origem = 'pausa'")
        assert float(marcador) == esperado
    due_tenants.retomar(bancada.engine, bancada.tenant)
    assert bancada.sql("select 1 from marca_dagua where origem = 'pausa'") == []


def test_the_watcher_speaks_again_while_work_remains_and_keeps_quiet_without(bancada: BancadaFhir) -> None:
    assert ouvir(0.6) == []
    bancada.observar(2)
    assert len(ouvir(1.5)) >= 2
    bancada.configurar(syncFrequency="hourly")
    assert ouvir(0.6) == []


def test_a_refused_observation_is_no_reason_to_wake_anybody(bancada: BancadaFhir) -> None:
    [obs_id] = bancada.observar(1)
    bancada.sql("update observations set type = 'nada' where id = %s", obs_id)
    rodar(bancada)
    assert ouvir(0.6) == [] and len(bancada.mortas()) == 1


def test_a_server_that_hangs_does_not_hold_up_the_next_run(bancada: BancadaFhir) -> None:
    mudo = bancada.tenants[1].id
    with socket.create_server(("127.0.0.1", 0)) as surdo:
        bancada.configurar(
            mudo,
            syncFrequency="realtime",
            baseUrl=f"http://127.0.0.1:{surdo.getsockname()[1]}/fhir",
            authType="apikey",
            authConfig={"apiKey": "x"},
        )
        bancada.observar(1, mudo)
        inicio = time.monotonic()
        rodar(bancada, duracao=1.0, despedida=0.3)
    assert time.monotonic() - inicio < 5
    assert bancada.sql("select situacao from SincronizacaoFhir") == [("pendente",)]
    assert len(ouvir(0.5)) >= 1


def test_what_nobody_foresaw_pauses_the_tenant_and_is_told(bancada: BancadaFhir) -> None:
    bancada.observar(1)
    bancada.sql("drop table fhir_resources")
    assert rodar(bancada)["tenants_com_falha"] == 1
    assert bancada.sql("select last_sync_at, last_error from fhir_integration_configs where last_error is not null") == [
        (None, "envio: execução interrompida (ProgrammingError)")
    ]


def test_switching_a_tenant_off_stops_what_runs(bancada: BancadaFhir) -> None:
    bancada.observar(3)
    bancada.configurar(syncFrequency="realtime", enabled=False)
    corrida = TempoReal(bancada.engine, bancada.cliente, "tr#1|")
    asyncio.run(corrida._um(bancada.tenant))  # As one that was on its way already.
    assert (corrida.contagens["enviados"], bancada.pendentes()) == (0, 3)

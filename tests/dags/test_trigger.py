"""The watcher on a real database: it speaks while work remains, and keeps quiet while somebody is at it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.module_loading import import_string
from sqlalchemy import Engine, create_engine, text

from fusion_airflow.triggers.work import PollCompartilhado, WorkTrigger
from include.fusion.settings import obter
from include.fusion.store import presence
from include.fusion.store.filas import Desfecho, Fila, ItemFila
from include.fusion.store.migrate import migrar
from include.fusion.store.watermarks import EXECUCAO, Marcas
from include.fusion.wiring import watch_plan
from tests.plain_settings import como_dados, de_dados


@pytest.fixture
def fusion(banco: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", banco)
    motor = create_engine(banco.replace("postgresql://", "postgresql+psycopg2://", 1))
    migrar(motor)
    with motor.begin() as con:  # The load has just run: nothing is due by the clock.
        Marcas(motor, 12, "carga").done(con, EXECUCAO)
    yield motor
    for poll in PollCompartilhado._por_conexao.values():
        poll._engine.dispose()
    PollCompartilhado._por_conexao.clear()
    motor.dispose()


@pytest.fixture
def gatilho() -> WorkTrigger:
    """Watches the queue alone, often, and repeats itself soon."""
    ajustes = como_dados(obter("consulfarma"))
    ajustes["carga"] |= {"vigiar_origem": False, "intervalo_vigia": 0.05}
    return WorkTrigger(plan=watch_plan(de_dados(ajustes)), remind=0.2)


def enfileirar(fusion: Engine) -> Fila:
    fila = Fila(fusion, 12, "importacao")
    with fusion.begin() as con:
        fila.enfileirar(con, [ItemFila("1", "p")])
    return fila


def test_a_watcher_looks_where_the_entry_keeps_its_queues(
    fusion: Engine, gatilho: WorkTrigger, banco: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_INTEGRADOR", banco)
    monkeypatch.delenv("AIRFLOW_CONN_FUSION_DB")
    gatilho.plan["connections"]["queues"] = "integrador"
    enfileirar(fusion)
    assert ouvir(gatilho) == [{"integracao": "consulfarma", "motivo": "fila"}]


def ouvir(gatilho: WorkTrigger, segundos: float = 1.5, ate: int = 1) -> list[Any]:
    """What the watcher says within that time, ``ate`` events at most."""
    ditos: list[Any] = []

    async def escutar() -> None:
        async for evento in gatilho.run():
            ditos.append(evento.payload)
            if len(ditos) == ate:
                break

    async def limitado() -> None:
        try:
            await asyncio.wait_for(escutar(), segundos)
        except TimeoutError:
            pass
        await gatilho.cleanup()

    asyncio.run(limitado())
    return ditos


def test_a_serialised_watcher_comes_back_as_it_was(gatilho: WorkTrigger) -> None:
    classe, argumentos = gatilho.serialize()
    assert import_string(classe)(**argumentos).serialize() == (classe, argumentos)


def test_an_empty_queue_wakes_nobody(fusion: Engine, gatilho: WorkTrigger) -> None:
    assert ouvir(gatilho, 1) == []


def test_a_source_without_watcher_is_due_by_its_interval(fusion: Engine, gatilho: WorkTrigger) -> None:
    with fusion.begin() as con:
        con.execute(text("update marca_dagua set executado_em = now() - interval '1 day'"))
    assert ouvir(gatilho, 5) == [{"integracao": "consulfarma", "motivo": "intervalo"}]


def test_work_is_announced_again_while_it_remains(fusion: Engine, gatilho: WorkTrigger) -> None:
    enfileirar(fusion)
    assert ouvir(gatilho, 5, ate=3) == [{"integracao": "consulfarma", "motivo": "fila"}] * 3


def test_a_row_behind_its_patients_slow_delivery_is_announced_as_soon_as_it_is_free(fusion: Engine, gatilho: WorkTrigger) -> None:
    inicial, viva = Fila(fusion, 12, "carga_inicial"), Fila(fusion, 12, "importacao")
    with fusion.begin() as con:
        inicial.enfileirar(con, [ItemFila("1", "p")])
    [registro] = inicial.reservar(1, "carga#1|", timedelta(minutes=1))
    with fusion.begin() as con:
        viva.enfileirar(con, [ItemFila("2", "p")])
    assert ouvir(gatilho, 1) == []
    with fusion.begin() as con:
        inicial.registrar(con, "carga#1|", [Desfecho(registro, "concluido")])
    assert len(ouvir(gatilho)) == 1


@pytest.mark.parametrize("morta", ["importacao", "carga_inicial"])
def test_what_a_dead_worker_holds_is_announced_when_its_lease_is_over(fusion: Engine, gatilho: WorkTrigger, morta: str) -> None:
    """Its own row, and a row of the same patient that waits behind it."""
    de_quem_morre = Fila(fusion, 12, morta)
    with fusion.begin() as con:
        de_quem_morre.enfileirar(con, [ItemFila("1", "p")])
    assert de_quem_morre.reservar(1, "morta#1|", timedelta(seconds=5))
    if morta != "importacao":
        with fusion.begin() as con:
            Fila(fusion, 12, "importacao").enfileirar(con, [ItemFila("2", "p")])
    assert ouvir(gatilho, 0.5) == []
    assert len(ouvir(gatilho, 10)) == 1


def test_the_watcher_keeps_quiet_while_somebody_is_on_duty(fusion: Engine, gatilho: WorkTrigger) -> None:
    enfileirar(fusion)
    presence.assinar(fusion, 12, "importacao", True)
    assert ouvir(gatilho, 1) == []
    presence.assinar(fusion, 12, "importacao", False)
    assert len(ouvir(gatilho)) == 1


def test_a_watcher_outlives_an_outage_and_a_connection_that_changed(
    fusion: Engine, gatilho: WorkTrigger, monkeypatch: pytest.MonkeyPatch, banco: str
) -> None:
    enfileirar(fusion)
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", "postgresql://x:x@127.0.0.1:1/x")

    async def voltar() -> str:
        eventos = gatilho.run()
        proximo = asyncio.ensure_future(eventos.__anext__())
        await asyncio.sleep(0.5)
        assert not proximo.done()
        monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", banco)
        return str((await asyncio.wait_for(proximo, 8)).payload["motivo"])

    assert asyncio.run(voltar()) == "fila"

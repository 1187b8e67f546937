"""The watcher on a real database: it speaks while work remains, and keeps quiet while somebody is at it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.module_loading import import_string
from sqlalchemy import Engine, create_engine, text

from fusion_airflow.triggers.work import SharedPoll, WorkTrigger
from include.fusion.settings import obtain
from include.fusion.store import presence
from include.fusion.store.filas import Fila, FilaItem, Outcome
from include.fusion.store.migrate import migrate
from include.fusion.store.watermarks import LAST_RUN, Watermarks
from include.fusion.wiring.names import watch_plan
from tests.plain_settings import as_data, from_data


@pytest.fixture
def fusion(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", database)
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg2://", 1))
    migrate(engine)
    with engine.begin() as con:  # The load has just run: nothing is due by the clock.
        Watermarks(engine, 12, "carga").done(con, LAST_RUN)
    yield engine
    for poll in SharedPoll._by_connection.values():
        poll._engine.dispose()
    SharedPoll._by_connection.clear()
    engine.dispose()


@pytest.fixture
def trigger() -> WorkTrigger:
    """Watches the queue alone, often, and repeats itself soon."""
    settings = as_data(obtain("consulfarma"))
    settings["carga"] |= {"vigiar_origem": False, "intervalo_vigia": 0.05}
    return WorkTrigger(plan=watch_plan(from_data(settings)), remind=0.2)


def enqueue(fusion: Engine) -> Fila:
    fila = Fila(fusion, 12, "importacao")
    with fusion.begin() as con:
        fila.enqueue(con, [FilaItem("1", "p")])
    return fila


def test_a_watcher_looks_where_the_entry_keeps_its_queues(
    fusion: Engine, trigger: WorkTrigger, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_INTEGRADOR", database)
    monkeypatch.delenv("AIRFLOW_CONN_FUSION_DB")
    trigger.plan["connections"]["queues"] = "integrador"
    enqueue(fusion)
    assert hear(trigger) == [{"integracao": "consulfarma", "motivo": "fila"}]


def hear(trigger: WorkTrigger, seconds: float = 1.5, until: int = 1) -> list[Any]:
    """What the watcher says within that time, ``until`` events at most."""
    ditos: list[Any] = []

    async def listen() -> None:
        async for event in trigger.run():
            ditos.append(event.payload)
            if len(ditos) == until:
                break

    async def limited() -> None:
        try:
            await asyncio.wait_for(listen(), seconds)
        except TimeoutError:
            pass
        await trigger.cleanup()

    asyncio.run(limited())
    return ditos


def test_a_serialised_watcher_comes_back_as_it_was(trigger: WorkTrigger) -> None:
    patient_class, arguments = trigger.serialize()
    assert import_string(patient_class)(**arguments).serialize() == (patient_class, arguments)


def test_an_empty_queue_wakes_nobody(fusion: Engine, trigger: WorkTrigger) -> None:
    assert hear(trigger, 1) == []


def test_a_source_without_watcher_is_due_by_its_interval(fusion: Engine, trigger: WorkTrigger) -> None:
    with fusion.begin() as con:
        con.execute(text("update marca_dagua set executado_em = now() - interval '1 day'"))
    assert hear(trigger, 5) == [{"integracao": "consulfarma", "motivo": "intervalo"}]


def test_work_is_announced_again_while_it_remains(fusion: Engine, trigger: WorkTrigger) -> None:
    enqueue(fusion)
    assert hear(trigger, 5, until=3) == [{"integracao": "consulfarma", "motivo": "fila"}] * 3


def test_a_row_behind_its_patients_slow_delivery_is_announced_as_soon_as_it_is_free(fusion: Engine, trigger: WorkTrigger) -> None:
    initial, live_column = Fila(fusion, 12, "carga_inicial"), Fila(fusion, 12, "importacao")
    with fusion.begin() as con:
        initial.enqueue(con, [FilaItem("1", "p")])
    [record] = initial.reserve(1, "carga#1|", timedelta(minutes=1))
    with fusion.begin() as con:
        live_column.enqueue(con, [FilaItem("2", "p")])
    assert hear(trigger, 1) == []
    with fusion.begin() as con:
        initial.record(con, "carga#1|", [Outcome(record, "concluido")])
    assert len(hear(trigger)) == 1


@pytest.mark.parametrize("dead", ["importacao", "carga_inicial"])
def test_what_a_dead_worker_holds_is_announced_when_its_lease_is_over(fusion: Engine, trigger: WorkTrigger, dead: str) -> None:
    """Its own row, and a row of the same patient that waits behind it."""
    de_quem_morre = Fila(fusion, 12, dead)
    with fusion.begin() as con:
        de_quem_morre.enqueue(con, [FilaItem("1", "p")])
    assert de_quem_morre.reserve(1, "morta#1|", timedelta(seconds=5))
    if dead != "importacao":
        with fusion.begin() as con:
            Fila(fusion, 12, "importacao").enqueue(con, [FilaItem("2", "p")])
    assert hear(trigger, 0.5) == []
    assert len(hear(trigger, 10)) == 1


def test_the_watcher_keeps_quiet_while_somebody_is_on_duty(fusion: Engine, trigger: WorkTrigger) -> None:
    enqueue(fusion)
    presence.sign(fusion, 12, "importacao", True)
    assert hear(trigger, 1) == []
    presence.sign(fusion, 12, "importacao", False)
    assert len(hear(trigger)) == 1


def test_a_watcher_outlives_an_outage_and_a_connection_that_changed(
    fusion: Engine, trigger: WorkTrigger, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    enqueue(fusion)
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", "postgresql://x:x@127.0.0.1:1/x")

    async def go_back() -> str:
        events = trigger.run()
        next_number = asyncio.ensure_future(events.__anext__())
        await asyncio.sleep(0.5)
        assert not next_number.done()
        monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", database)
        return str((await asyncio.wait_for(next_number, 8)).payload["motivo"])

    assert asyncio.run(go_back()) == "fila"

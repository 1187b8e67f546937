"""Sources that take connections and are silent cost their own watchers only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from fusion_airflow.triggers.work import SharedPoll, WorkTrigger
from include.fusion.settings import obtain
from include.fusion.store.watermarks import LAST_RUN, Watermarks
from include.fusion.wiring.names import watch_plan
from sandbox.postgres import Postgres
from tests.databases import drop, source_database
from tests.plain_settings import as_data, from_data
from tests.silent import SilentServer, silent_server

SOURCES = 6


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    with silent_server() as server:
        yield server


@pytest.fixture
def watcher(
    postgres: Postgres, migrated: Engine, integration: str, silent: SilentServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, int], WorkTrigger]]:
    """Makes the watcher of one more source: ``viva`` has changes, ``muda`` is silent."""
    source = source_database(postgres, "consulfarma", 3)
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_DB", integration)
    monkeypatch.setenv("AIRFLOW_CONN_VIVA", postgres.dsn(source))
    monkeypatch.setenv("AIRFLOW_CONN_MUDA", f"postgresql://u:p@127.0.0.1:{silent.port}/x")
    with migrated.begin() as con:
        Watermarks(migrated, 12, "carga").done(con, LAST_RUN)

    def make(conn_id: str, n: int) -> WorkTrigger:
        settings = as_data(obtain("consulfarma"))
        settings["id"] = f"{conn_id}_{n}"
        settings["conexoes"]["origem"] = conn_id
        settings["carga"] |= {"vigiar_origem": True, "intervalo_vigia": timedelta(seconds=0.05)}
        return WorkTrigger(plan=watch_plan(from_data(settings)), remind=0.1)

    yield make
    SharedPoll._by_connection.clear()
    drop(postgres, source)


async def first_words(triggers: list[WorkTrigger]) -> list[Any]:
    return [event.payload["motivo"] for event in await asyncio.gather(*(anext(aiter(trigger.run())) for trigger in triggers))]


def test_six_silent_sources_of_twelve_hold_up_no_look_of_the_others(
    watcher: Callable[[str, int], WorkTrigger], silent: SilentServer
) -> None:
    async def watch() -> list[Any]:
        dead = [watcher("muda", n) for n in range(SOURCES)]
        hanging = [asyncio.create_task(first_words([trigger])) for trigger in dead]
        await asyncio.to_thread(silent.wait_for, SOURCES)
        async with asyncio.timeout(30):
            said = await first_words([watcher("viva", n) for n in range(SOURCES)])
        assert not any(task.done() for task in hanging)
        for task, trigger in zip(hanging, dead, strict=True):
            task.cancel()
            await trigger.cleanup()
        return said

    assert asyncio.run(watch()) == ["origem"] * SOURCES

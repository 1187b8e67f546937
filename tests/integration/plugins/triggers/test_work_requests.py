"""The Fusion Service's watcher polls Fusion's API beside its queue."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from fusion_airflow.triggers.work import SharedPoll, WorkTrigger
from include.fusion.settings import obtain
from include.fusion.wiring.names import watch_plan
from sandbox.fusion.servidor import FusionServer
from sandbox.postgres import Postgres
from tests.integration.plugins.triggers.test_work import fusion, hear
from tests.plain_settings import as_data, from_data

__all__ = ["fusion"]


@pytest.fixture
def server(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FusionServer]:
    server = FusionServer(postgres.create_database(f"fusion_{time.time_ns()}"), tmp_path).start_run()
    connection = {"conn_type": "http", "host": "127.0.0.1", "port": server.port, "schema": "http", "password": server.token}
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_API", json.dumps(connection))
    yield server
    server.stop()


@pytest.fixture
def trigger() -> WorkTrigger:
    settings = as_data(obtain("fusion_service"))
    settings["buscar_pendencias"]["intervalo_vigia"] = 0.1
    return WorkTrigger(plan=watch_plan(from_data(settings)), remind=0.2)


def record(server: FusionServer, **changes: object) -> None:
    pendencia = {"aplicacao": "AgendaCirurgica", "metodo": "Sincronizar", "idEntidade": "7", "integracaoOrigem": 44,
                 "dataRegistro": datetime.now(UTC).isoformat()} | changes  # fmt: skip
    headers = {"Authorization": f"Bearer {server.token}", "Idempotency-Key": str(time.time_ns())}
    requests.post(f"{server.url}/api/AplicacaoPendencia", json=pendencia, headers=headers, timeout=5).raise_for_status()


@pytest.mark.usefixtures("fusion")
def test_an_open_pendency_wakes_the_service(server: FusionServer, trigger: WorkTrigger) -> None:
    record(server)
    assert hear(trigger, 10) == [{"integracao": "fusion_service", "motivo": "origem"}]


@pytest.mark.usefixtures("fusion")
def test_a_concluded_one_and_those_of_others_wake_nobody(server: FusionServer, trigger: WorkTrigger) -> None:
    record(server, dataProcessamento=datetime.now(UTC).isoformat())
    record(server, integracaoOrigem=99)
    record(server, aplicacao="OutraAplicacao")
    assert hear(trigger, 2) == []


@pytest.mark.usefixtures("fusion")
def test_the_watcher_outlives_fusion(server: FusionServer, trigger: WorkTrigger) -> None:
    record(server)
    server.stop()
    assert hear(trigger, 2) == []
    server.start_run()
    SharedPoll._by_connection.clear()
    assert len(hear(trigger, 10)) == 1

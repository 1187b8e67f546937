"""Reports over HTTP: who sees them, and what they see. A real API server with the FAB auth manager."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from include.fusion.store.baseline import keep_report
from sandbox.postgres import Postgres
from tests import ROOT
from tests.databases import INTEGRATION, lent
from tests.harness import Harness
from tests.integration.airflow_server import _OPEN, AirflowServer
from tests.unit.checkup.test_page import report

REPORT = report()


@pytest.fixture(scope="module")
def airflow(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An API server whose hub has MV's report."""
    folder = tmp_path_factory.mktemp("conferencia")
    with lent(postgres, INTEGRATION) as dsn:
        engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
        with engine.begin() as con:
            for entry in ("mv", "chegou_depois_da_imagem"):
                keep_report(con, entry, REPORT.as_json())
        engine.dispose()
        users = {"leitor": "Viewer", "sem": "Public"}
        server = AirflowServer(folder, postgres.create_database(f"af_{folder.name}"), users, {"fusion_db": dsn}, fab=True)
        try:
            yield server.start_run()
        finally:
            server.stop()


def test_only_who_may_see_runs_sees_reports(airflow: AirflowServer) -> None:
    assert [airflow.ask("GET", "/conferencia/mv", who=who)[0] for who in (None, "sem")] == [401, 403]
    assert airflow.ask("GET", "/conferencia/mv/json")[0] == 401


def test_a_reader_sees_the_page_and_its_json(airflow: AirflowServer) -> None:
    assert airflow.ask("GET", "/conferencia/mv/json", who="leitor")[1]["entry_id"] == REPORT.entry_id
    assert airflow.ask("GET", "/conferencia/chegou_depois_da_imagem/json", who="leitor")[0] == 200
    status, text = airflow.ask("GET", "/conferencia/tasy", who="leitor")
    assert status == 404 and "não há conferência" in str(text)


def test_a_run_of_the_dag_is_read_as_a_page(airflow: AirflowServer, postgres: Postgres, tmp_path: Path) -> None:
    harness = Harness(postgres, tmp_path, "consulfarma", 10)
    (tmp_path / "dags").mkdir()
    shutil.copy(ROOT / "dags" / "conferir_instalacao.py", tmp_path / "dags")
    fusion = json.dumps({"conn_type": "http", "host": harness.server.url, "password": harness.server.token})
    sources = {"AIRFLOW_CONN_CONSULFARMA": harness.dsn["origem"], "AIRFLOW_CONN_FUSION_API": fusion}
    printed = airflow.run_task("conferir_instalacao", {"integracao": "consulfarma"}, tmp_path / "dags", **sources)
    harness.close()
    assert "Consulfarma: Tudo vai trafegar" in printed
    request = urllib.request.Request(f"http://127.0.0.1:{airflow.port}/conferencia/consulfarma", headers=airflow.login("leitor"))
    with _OPEN(request) as response:
        assert "<h1>Conferência: Consulfarma</h1>" in response.read().decode()

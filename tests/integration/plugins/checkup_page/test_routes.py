"""Reports over HTTP: who sees them, and what they see. A real API server with the FAB auth manager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine

from include.fusion.store.baseline import keep_report
from sandbox.postgres import Postgres
from tests.databases import INTEGRATION, lent
from tests.integration.airflow_server import AirflowServer
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

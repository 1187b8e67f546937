"""Servers that take connections, or statements, and are silent."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fusion_airflow.hooks import engines, postgres
from fusion_airflow.hooks.engines import engine_for
from tests.silent import SilentServer, silent_server


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    with silent_server() as server:
        yield server


@contextmanager
def stopped(process: int) -> Iterator[None]:
    """A server process that the machine keeps, so that TCP goes on, and that does nothing."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.fixture
def silent_database(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_BANCO", database)
    monkeypatch.setattr(postgres, "MARGIN", 0.2)


@pytest.mark.parametrize("statement", ["execute", "commit"])
def test_a_postgres_that_falls_silent_is_left_and_found_again(silent_database: None, statement: str) -> None:
    engine = engine_for("banco", time_limit=0.3)
    with engine.connect() as con:
        process = con.execute(text("select pg_backend_pid()")).scalar_one()
        with stopped(process), pytest.raises(DBAPIError, match="silêncio") as error:
            con.commit() if statement == "commit" else con.execute(text("select 1"))
        assert error.value.connection_invalidated
    with engine.connect() as con:
        assert con.execute(text("select pg_backend_pid()")).scalar_one() != process
    engine.dispose()


@pytest.mark.parametrize(("kind", "extra"), [
    ("postgres", {"connect_timeout": 2}), ("mssql", {"login_timeout": 1}), ("oracle", {"service_name": "x"}),
])  # fmt: skip
def test_a_login_without_an_answer_ends(monkeypatch: pytest.MonkeyPatch, silent: SilentServer, kind: str, extra: dict[str, Any]) -> None:
    fields = {"conn_type": kind, "host": "127.0.0.1", "port": silent.port, "login": "u", "password": "p", "schema": "", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_MUDA", json.dumps(fields))
    monkeypatch.setattr(engines, "CONNECT_MAX", 0.5)
    with pytest.raises(DBAPIError):
        engine_for("muda", time_limit=30).connect()
    assert silent.taken

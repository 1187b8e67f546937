"""What an engine takes from its Airflow connection, as far as no server is needed; tests/oracle and tests/integration have servers."""

from __future__ import annotations

import json
from typing import Any

import pymssql
import pytest

from fusion_airflow.hooks.engines import engine_for
from fusion_airflow.hooks.oracle import OracleSettings


class Session:
    """Has the attributes that python-oracledb's connection has."""

    module = action = client_identifier = ""
    call_timeout = -1


def test_oracle_brings_a_thousand_rows_at_once_and_waits_as_long_as_it_takes() -> None:
    settings = OracleSettings.of("mv", {"service_name": "HOSPITAL"})
    assert settings == OracleSettings(arraysize=1000, prefetchrows=1001, call_timeout=0, module="fusion")


def test_oracle_extras_of_the_site_count() -> None:
    settings = OracleSettings.of("mv", {"arraysize": "200", "prefetchrows": 0, "call_timeout": 30_000, "module": "hospital"})
    assert settings == OracleSettings(arraysize=200, prefetchrows=0, call_timeout=30_000, module="hospital")
    assert OracleSettings.of("mv", {"arraysize": 200}).prefetchrows == 201


@pytest.mark.parametrize(("extra", "time_limit", "expected"), [
    (0, 2.5, 2500), (30_000, 2.5, 2500), (1000, 2.5, 1000), (1000, None, 1000), (0, 0.0001, 1),
])  # fmt: skip
def test_of_task_and_connection_the_shorter_time_counts(extra: int, time_limit: float | None, expected: int) -> None:
    assert OracleSettings.of("mv", {"call_timeout": extra}, time_limit).call_timeout == expected


@pytest.mark.parametrize("extra", [{"arraysize": 0}, {"arraysize": "muitas"}, {"prefetchrows": -1}, {"call_timeout": True}])
def test_an_extra_that_is_no_number_is_named_with_its_connection(extra: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=rf"connection 'mv': extra\.{next(iter(extra))} must be a whole number"):
        OracleSettings.of("mv", extra)


def test_a_session_says_who_asks_within_the_width_of_v_session() -> None:
    session = Session()
    OracleSettings.of("mv", {}, 60).on_connection(session, "mv." + "execução" * 9)
    assert (session.module, session.call_timeout) == ("fusion", 60_000)
    assert session.action == session.client_identifier and session.action.startswith("mv.execução")
    assert 62 <= len(session.action.encode()) <= 64


def test_a_bad_extra_ends_the_engine_before_any_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ORA", json.dumps({"conn_type": "oracle", "host": "127.0.0.1", "extra": {"arraysize": "x"}}))
    with pytest.raises(Exception, match="connection 'ora'"):
        engine_for("ora")


@pytest.mark.parametrize(("extra", "time_limit", "expected"), [
    ({}, None, {}), ({}, 90.5, {"timeout": 91}), ({"login_timeout": 20}, None, {"login_timeout": 20}),
    ({"timeout": 30, "charset": "CP1252"}, 90, {"timeout": 30, "charset": "CP1252"}),
])  # fmt: skip
def test_sql_server_gets_the_time_through_the_hook(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], time_limit: float | None, expected: dict[str, Any]
) -> None:
    fields = {"conn_type": "mssql", "host": "127.0.0.1", "port": 1, "login": "u", "password": "senha-do-teste", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_CONSULFARMA", json.dumps(fields))
    seen: dict[str, Any] = {}

    def connect(**kwargs: Any) -> None:
        seen.update(kwargs)
        raise pymssql.OperationalError("no server in this test")

    monkeypatch.setattr(pymssql, "connect", connect)
    with pytest.raises(Exception, match="no server in this test"):
        engine_for("consulfarma", time_limit=time_limit).connect()
    assert {k: v for k, v in seen.items() if k in ("timeout", "charset", "login_timeout")} == {"login_timeout": 3, **expected}

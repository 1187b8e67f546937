"""What an engine takes from its Airflow connection, as far as no server is needed; tests/oracle and tests/integration have servers."""

from __future__ import annotations

import json
from typing import Any

import pymssql
import pytest

from fusion_airflow.hooks.engines import engine_de
from fusion_airflow.hooks.oracle import Ajustes


class Sessao:
    """Has the attributes that python-oracledb's connection has."""

    module = action = client_identifier = ""
    call_timeout = -1


def test_oracle_brings_a_thousand_rows_at_once_and_waits_as_long_as_it_takes() -> None:
    ajustes = Ajustes.de("mv", {"service_name": "HOSPITAL"})
    assert ajustes == Ajustes(arraysize=1000, prefetchrows=1001, call_timeout=0, modulo="fusion")


def test_oracle_extras_of_the_site_count() -> None:
    ajustes = Ajustes.de("mv", {"arraysize": "200", "prefetchrows": 0, "call_timeout": 30_000, "module": "hospital"})
    assert ajustes == Ajustes(arraysize=200, prefetchrows=0, call_timeout=30_000, modulo="hospital")
    assert Ajustes.de("mv", {"arraysize": 200}).prefetchrows == 201


@pytest.mark.parametrize(("extra", "tempo_limite", "esperado"), [
    (0, 2.5, 2500), (30_000, 2.5, 2500), (1000, 2.5, 1000), (1000, None, 1000), (0, 0.0001, 1),
])  # fmt: skip
def test_of_task_and_connection_the_shorter_time_counts(extra: int, tempo_limite: float | None, esperado: int) -> None:
    assert Ajustes.de("mv", {"call_timeout": extra}, tempo_limite).call_timeout == esperado


@pytest.mark.parametrize("extra", [{"arraysize": 0}, {"arraysize": "muitas"}, {"prefetchrows": -1}, {"call_timeout": True}])
def test_an_extra_that_is_no_number_is_named_with_its_connection(extra: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=rf"connection 'mv': extra\.{next(iter(extra))} must be a whole number"):
        Ajustes.de("mv", extra)


def test_a_session_says_who_asks_within_the_width_of_v_session() -> None:
    sessao = Sessao()
    Ajustes.de("mv", {}, 60).na_conexao(sessao, "mv." + "execução" * 9)
    assert (sessao.module, sessao.call_timeout) == ("fusion", 60_000)
    assert sessao.action == sessao.client_identifier and sessao.action.startswith("mv.execução")
    assert 62 <= len(sessao.action.encode()) <= 64


def test_a_bad_extra_ends_the_engine_before_any_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ORA", json.dumps({"conn_type": "oracle", "host": "127.0.0.1", "extra": {"arraysize": "x"}}))
    with pytest.raises(Exception, match="connection 'ora'"):
        engine_de("ora")


@pytest.mark.parametrize(("extra", "tempo_limite", "esperado"), [
    ({}, None, {}), ({}, 90.5, {"timeout": 91}), ({"timeout": 30, "charset": "CP1252"}, 90, {"timeout": 30, "charset": "CP1252"}),
])  # fmt: skip
def test_sql_server_gets_the_time_through_the_hook(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], tempo_limite: float | None, esperado: dict[str, Any]
) -> None:
    campos = {"conn_type": "mssql", "host": "127.0.0.1", "port": 1, "login": "u", "password": "senha-do-teste", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_CONSULFARMA", json.dumps(campos))
    vistos: dict[str, Any] = {}

    def conectar(**kwargs: Any) -> None:
        vistos.update(kwargs)
        raise pymssql.OperationalError("no server in this test")

    monkeypatch.setattr(pymssql, "connect", conectar)
    with pytest.raises(Exception, match="no server in this test"):
        engine_de("consulfarma", tempo_limite=tempo_limite).connect()
    assert {k: v for k, v in vistos.items() if k in ("timeout", "charset")} == esperado

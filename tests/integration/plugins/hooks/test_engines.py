"""Airflow connections become engines and Fusion clients."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from fusion_airflow.hooks.engines import engine_for
from fusion_airflow.hooks.fusion import FusionHook
from include.fusion.errors import InvalidConfiguration
from include.fusion.http.auth import OAuth2Client
from sandbox.postgres import Postgres


def connection(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TESTE", json.dumps({"conn_type": "http", "host": "127.0.0.1", "port": 1, "schema": "http", **fields}))


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({"password": "t"}, {"Authorization": "Bearer t"}),
        ({"login": "u", "password": "p"}, {"Authorization": "Basic dTpw"}),
        ({"password": "k", "extra": {"auth": "apikey", "api_key_header": "X-Chave"}}, {"X-Chave": "k"}),
        ({"extra": {"headers": {"X-Site": "1"}}}, {"X-Site": "1"}),
    ],
)
def test_connection_says_how_to_enter(monkeypatch: pytest.MonkeyPatch, fields: Any, header: dict[str, str]) -> None:
    connection(monkeypatch, **fields)
    api = FusionHook("teste").api
    assert api.headers == header and api.url == "http://127.0.0.1:1" and api.verify_tls


def test_oauth2_takes_client_id_and_secret_from_login_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    connection(monkeypatch, login="id", password="s", extra={"auth": "oauth2", "token_url": "http://127.0.0.1:1/t", "scope": "a"})
    api = FusionHook("teste").api
    assert (api.oauth2, api.headers) == (OAuth2Client("id", "s", token_url="http://127.0.0.1:1/t", scope="a"), {})


@pytest.mark.parametrize("extra", [{"auth": "magia"}, {"auth": "bearer"}, {"auth": "oauth2"}])
def test_incomplete_connection_is_named_with_what_it_lacks(monkeypatch: pytest.MonkeyPatch, extra: dict[str, str]) -> None:
    connection(monkeypatch, extra=extra)
    with pytest.raises(InvalidConfiguration, match="connection 'teste'"):
        _ = FusionHook("teste").api


@pytest.mark.parametrize(("host", "token_url"), [("fusion.hospital", "https://sso/t"), ("127.0.0.1", "http://sso.hospital/t")])
def test_nothing_leaves_this_machine_without_tls_unless_the_connection_says_so(
    monkeypatch: pytest.MonkeyPatch, host: str, token_url: str
) -> None:
    extra = {"auth": "oauth2", "token_url": token_url}
    connection(monkeypatch, login="id", password="s", host=host, extra=extra)
    with pytest.raises(InvalidConfiguration, match="permite_http"):
        _ = FusionHook("teste").api
    connection(monkeypatch, login="id", password="s", host=host, extra={**extra, "permite_http": True})
    assert FusionHook("teste").api.url == f"http://{host}:1"


def test_test_button_tells_a_fusion_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    connection(monkeypatch, password="t")
    bem, message = FusionHook("teste").test_connection()
    assert not bem and "sem resposta" in message


def test_postgres_connection_runs_optional_binds_and_shows_who_asks(
    monkeypatch: pytest.MonkeyPatch, postgres: Postgres, database: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_BANCO", database)
    engine = engine_for("banco", application="mv.carga")
    with engine.connect() as con:
        assert con.execute(text("select 1 where :a is null or 1 = :a"), {"a": None}).scalar() == 1
        assert con.execute(text("select current_setting('application_name')")).scalar() == "mv.carga"
    engine.dispose()


def test_postgres_statement_ends_with_the_tasks_time(monkeypatch: pytest.MonkeyPatch, postgres: Postgres, database: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_BANCO", database)
    engine = engine_for("banco", time_limit=0.2)
    with engine.connect() as con, pytest.raises(OperationalError, match="statement timeout"):
        con.execute(text("select pg_sleep(20)"))
    with engine.connect() as con:
        assert con.execute(text("select current_setting('statement_timeout')")).scalar() == "200ms"
    engine.dispose()
    for longe, escrito in ((None, "0"), (60 * 86400, "2147483647ms")):
        engine = engine_for("banco", time_limit=longe)
        with engine.connect() as con:
            assert con.execute(text("select current_setting('statement_timeout')")).scalar() == escrito
        engine.dispose()


def test_nothing_of_a_time_limit_outlives_its_transaction(monkeypatch: pytest.MonkeyPatch, postgres: Postgres, database: str) -> None:
    """Behind pgbouncer another client has the session next."""
    monkeypatch.setenv("AIRFLOW_CONN_BANCO", database)
    engine = engine_for("banco", time_limit=7)
    with engine.connect() as limited:
        assert limited.execute(text("select current_setting('statement_timeout')")).scalar() == "7s"
        limited.commit()
        session = limited.connection.cursor()
        session.execute("show statement_timeout")
        assert session.fetchone() == ("0",)
    engine.dispose()


def test_connection_of_another_kind_is_refused_with_the_kinds_known(monkeypatch: pytest.MonkeyPatch) -> None:
    connection(monkeypatch)
    with pytest.raises(Exception, match="mssql, oracle, postgres"):
        engine_for("teste")

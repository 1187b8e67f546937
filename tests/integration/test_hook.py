"""Airflow connections become engines and Fusion clients."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from fusion_airflow.hooks.engines import engine_de
from fusion_airflow.hooks.fusion import FusionHook
from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.http.auth import OAuth2Client


def conexao(monkeypatch, **campos) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TESTE", json.dumps({"conn_type": "http", "host": "127.0.0.1", "port": 1, "schema": "http", **campos}))


@pytest.mark.parametrize(
    ("campos", "cabecalho"),
    [
        ({"password": "t"}, {"Authorization": "Bearer t"}),
        ({"login": "u", "password": "p"}, {"Authorization": "Basic dTpw"}),
        ({"password": "k", "extra": {"auth": "apikey", "api_key_header": "X-Chave"}}, {"X-Chave": "k"}),
        ({"extra": {"headers": {"X-Site": "1"}}}, {"X-Site": "1"}),
    ],
)
def test_connection_says_how_to_enter(monkeypatch, campos, cabecalho):
    conexao(monkeypatch, **campos)
    api = FusionHook("teste").api
    assert api.cabecalhos == cabecalho and api.url == "http://127.0.0.1:1" and api.verificar_tls


def test_oauth2_takes_client_id_and_secret_from_login_and_password(monkeypatch):
    conexao(monkeypatch, login="id", password="s", extra={"auth": "oauth2", "token_url": "http://127.0.0.1:1/t", "scope": "a"})
    api = FusionHook("teste").api
    assert (api.oauth2, api.cabecalhos) == (OAuth2Client("id", "s", token_url="http://127.0.0.1:1/t", scope="a"), {})


@pytest.mark.parametrize("extra", [{"auth": "magia"}, {"auth": "bearer"}, {"auth": "oauth2"}])
def test_incomplete_connection_is_named_with_what_it_lacks(monkeypatch, extra):
    conexao(monkeypatch, extra=extra)
    with pytest.raises(ConfiguracaoInvalida, match="connection 'teste'"):
        _ = FusionHook("teste").api


def test_test_button_tells_a_fusion_that_is_not_there(monkeypatch):
    conexao(monkeypatch, password="t")
    bem, mensagem = FusionHook("teste").test_connection()
    assert not bem and "sem resposta" in mensagem


def test_postgres_connection_runs_optional_binds_and_shows_who_asks(monkeypatch, postgres, banco):
    monkeypatch.setenv("AIRFLOW_CONN_BANCO", banco)
    engine = engine_de("banco", aplicacao="mv.carga")
    with engine.connect() as con:
        assert con.execute(text("select 1 where :a is null or 1 = :a"), {"a": None}).scalar() == 1
        assert con.execute(text("select current_setting('application_name')")).scalar() == "mv.carga"
    engine.dispose()


def test_postgres_statement_ends_with_the_tasks_time(monkeypatch, postgres, banco):
    monkeypatch.setenv("AIRFLOW_CONN_BANCO", banco)
    engine = engine_de("banco", tempo_limite=0.2)
    with engine.connect() as con, pytest.raises(OperationalError, match="statement timeout"):
        con.execute(text("select pg_sleep(20)"))
    with engine.connect() as con:
        assert con.execute(text("select current_setting('statement_timeout')")).scalar() == "200ms"
    engine.dispose()
    for longe, escrito in ((None, "0"), (60 * 86400, "2147483647ms")):
        engine = engine_de("banco", tempo_limite=longe)
        with engine.connect() as con:
            assert con.execute(text("select current_setting('statement_timeout')")).scalar() == escrito
        engine.dispose()


def test_connection_of_another_kind_is_refused_with_the_kinds_known(monkeypatch):
    conexao(monkeypatch)
    with pytest.raises(Exception, match="mssql, oracle, postgres"):
        engine_de("teste")

"""The hook opens the session, our module says who asks, for how long, and how many rows travel at once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from airflow.providers.oracle.hooks.oracle import OracleHook
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from fusion_airflow.hooks.engines import engine_for
from tests.oracle.helpers import Server

WHO = """\
select sys_context('USERENV', 'MODULE'), sys_context('USERENV', 'ACTION'), sys_context('USERENV', 'CLIENT_IDENTIFIER') from dual"""


def test_the_providers_hook_logs_in_and_asks(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ORA", server.connection())
    hook = OracleHook(oracle_conn_id="ora")
    assert hook.get_first("select user from dual") == (server.user.upper(),)
    assert hook.test_connection()[0]


def test_our_engine_is_that_hooks_connection_in_thin_mode(engine: Engine) -> None:
    with engine.connect() as con:
        driver: Any = con.connection.dbapi_connection
        assert driver.thin
        assert con.execute(text("select 1 from dual")).scalar_one() == 1


def test_a_wrong_password_is_named_without_the_password(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RUIM", server.connection(password="senha-errada-do-teste"))
    with pytest.raises(DatabaseError, match="ORA-01017") as error:
        engine_for("ruim").connect()
    seen: BaseException | None = error.value
    while seen is not None:
        assert "senha-errada-do-teste" not in f"{seen!s}{seen!r}"
        seen = seen.__cause__ or seen.__context__


def test_the_dba_sees_who_asks(engine: Engine, server: Server) -> None:
    with engine.connect() as con:
        assert tuple(con.execute(text(WHO)).one()) == ("fusion", "mv.abertura", "mv.abertura")
        if not server.imitated and con.execute(text("select count(*) from all_views where view_name = 'V_$SESSION'")).scalar_one():
            sessions = con.execute(text("select count(*) from v$session where module = 'fusion' and action = 'mv.abertura'"))
            assert sessions.scalar_one() >= 1


def test_a_module_of_the_sites_own_stays(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ORA", server.connection(module="hospital"))
    engine = engine_for("ora", application="mv.alta")
    with engine.connect() as con:
        assert tuple(con.execute(text(WHO)).one()) == ("hospital", "mv.alta", "mv.alta")
    engine.dispose()


def test_cursors_bring_a_thousand_rows_per_round_trip_or_what_the_extra_says(
    monkeypatch: pytest.MonkeyPatch, server: Server, engine: Engine
) -> None:
    with engine.connect() as con:
        cursor = con.execute(text("select 1 from dual")).cursor
        assert (cursor.arraysize, cursor.prefetchrows) == (1000, 1001)
    monkeypatch.setenv("AIRFLOW_CONN_ORA", server.connection(arraysize=50, prefetchrows=10))
    other_engine = engine_for("ora")
    with other_engine.connect() as con:
        cursor = con.execute(text("select 1 from dual")).cursor
        assert (cursor.arraysize, cursor.prefetchrows) == (50, 10)
    other_engine.dispose()


def test_a_statement_ends_with_the_tasks_time_and_the_pool_goes_on(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ORA", server.connection())
    engine = engine_for("ora", time_limit=0.5)
    with engine.connect() as con:
        driver: Any = con.connection.dbapi_connection
        assert driver.call_timeout == 500
        before = time.monotonic()
        # DPY-4024 when the server takes the break, DPY-4011 when it does not and the driver gives the connection up.
        with pytest.raises(DatabaseError, match=r"DPY-40(24|11)"):
            con.execute(text("begin dbms_session.sleep(20); end;"))
        assert time.monotonic() - before < 5
    with engine.connect() as con:
        assert con.execute(text("select 1 from dual")).scalar_one() == 1
    engine.dispose()


def test_a_session_is_used_again_with_its_tags(engine: Engine) -> None:
    seen = set()
    for _ in range(3):
        with engine.connect() as con:
            seen.add(con.execute(text("select sys_context('USERENV', 'SID') from dual")).scalar_one())
            assert con.execute(text(WHO)).one()[1] == "mv.abertura"
    assert len(seen) == 1

"""Airflow connections as SQLAlchemy engines: the provider's hook opens every connection, SQLAlchemy pools them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from copy import copy
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException
from sqlalchemy import Engine, create_engine

from fusion_airflow.hooks.silence import CONNECT_MAX, connecting

_LOGIN_TRY = 3
"""Seconds. FreeTDS tries a login up to four times, with an older protocol each time."""
_ENGINES = {"postgres": "postgresql+psycopg2://", "mssql": "mssql+pymssql://", "oracle": "oracle+oracledb://"}


def engine_for(conn_id: str, *, application: str = "fusion", time_limit: float | None = None) -> Engine:
    """Engine of one Airflow connection (types postgres, mssql, oracle, iris): two kept connections, at most six at once.

    ``application``: name in the database's view of activity, if it has one. ``time_limit``: seconds for one statement (on Oracle: for one
    round trip), also where the server is silent; ``None``: only the connection's own limit. To connect has limits of its own.
    """
    connection = BaseHook.get_connection(conn_id)
    # SQLAlchemy's pool everywhere: oracledb's own pool would open sessions without the hook.
    pool: dict[str, Any] = {"pool_size": 2, "max_overflow": 4, "pool_pre_ping": True, "hide_parameters": True}
    if connection.conn_type == "iris":
        from fusion_airflow.hooks.iris import iris_engine

        return iris_engine(conn_id, time_limit, **pool)
    try:
        url = _ENGINES[connection.conn_type]
    except KeyError:
        raise AirflowException(
            f"connection '{conn_id}' has type '{connection.conn_type}'; expected one of {', '.join(sorted([*_ENGINES, 'iris']))}"
        ) from None
    if connection.conn_type == "oracle":
        from fusion_airflow.hooks.oracle import OracleSettings

        settings = OracleSettings.of(conn_id, connection.extra_dejson, time_limit)
        engine = create_engine(url, creator=_open(connection.get_hook(), lambda con: settings.on_connection(con, application)), **pool)
        settings.on_engine(engine)
        return engine
    if connection.conn_type == "mssql":
        return create_engine(url, creator=_open(_mssql_hook(connection, time_limit)), **pool)
    from fusion_airflow.hooks.postgres import Psycopg2Hook, limit_statements

    hook = Psycopg2Hook(conn_id, application, time_limit)
    # A copy for each: the hook keeps what it opens, and two threads that open at once could get the same.
    engine = create_engine(url, creator=lambda: copy(hook).get_conn(), **pool)
    if time_limit and "statement_timeout" not in str(connection.extra_dejson.get("options", "")):
        limit_statements(engine, time_limit)
    return engine


def _open(hook: Any, prepare: Callable[[Any], None] = lambda con: None) -> Callable[[], Any]:
    def connect() -> Any:
        # Of python-oracledb, tcp_connect_timeout ends before the server has said its first word.
        with connecting(CONNECT_MAX):
            con = hook.get_conn()
        prepare(con)
        return con

    return connect


def _mssql_hook(connection: Any, time_limit: float | None) -> Any:
    hook = connection.get_hook()
    limits = {"login_timeout": _LOGIN_TRY} | ({"timeout": math.ceil(time_limit)} if time_limit else {})
    # The hook passes every extra to pymssql. A time limit that the site has set stays.
    hook.connection.extra = json.dumps({**limits, **hook.connection.extra_dejson})
    return hook

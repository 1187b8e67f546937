"""Airflow connections as SQLAlchemy engines: the provider's hook opens every connection, SQLAlchemy pools them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException
from sqlalchemy import Engine, create_engine

_ENGINES = {"postgres": "postgresql+psycopg2://", "mssql": "mssql+pymssql://", "oracle": "oracle+oracledb://"}


def engine_for(conn_id: str, *, application: str = "fusion", time_limit: float | None = None) -> Engine:
    """Engine of one Airflow connection (types postgres, mssql, oracle, iris): two kept connections, at most six at once.

    ``application``: name in the database's view of activity, if it has one. ``time_limit``: seconds for one statement (on Oracle: for one
    round trip); ``None``: only the connection's own limit.
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
    return create_engine(
        url, creator=_open(_postgres_hook(connection), lambda con: _postgres_session(con, application, time_limit)), **pool
    )


def _open(hook: Any, prepare: Callable[[Any], None] = lambda con: None) -> Callable[[], Any]:
    def connect() -> Any:
        con = hook.get_conn()
        prepare(con)
        return con

    return connect


def _postgres_hook(connection: Any) -> Any:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    class Psycopg2Hook(PostgresHook):
        """The client fills in the binds, like pymssql: one SQL text with optional (NULL) binds runs on both."""

        def _create_connection(self, conn_args: dict[str, Any]) -> Any:
            import psycopg2

            return psycopg2.connect(**conn_args)

    return Psycopg2Hook(postgres_conn_id=connection.conn_id)


def _postgres_session(con: Any, application: str, time_limit: float | None) -> None:
    settings = {"application_name": application[:63]}
    if time_limit:
        # An int of milliseconds: at most 24 days. A history may have a longer limit.
        settings["statement_timeout"] = str(min(math.ceil(time_limit * 1000), 2**31 - 1))
    with con.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("select set_config(%s, %s, false)", (name, value))
    con.commit()


def _mssql_hook(connection: Any, time_limit: float | None) -> Any:
    hook = connection.get_hook()
    if time_limit:
        # The hook passes every extra to pymssql. A timeout that the site has set stays.
        hook.connection.extra = json.dumps({"timeout": math.ceil(time_limit), **hook.connection.extra_dejson})
    return hook

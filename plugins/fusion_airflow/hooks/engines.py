"""Airflow connections as SQLAlchemy engines: the provider's hook opens every connection, SQLAlchemy speaks the dialect and pools."""

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
    """Engine over one Airflow connection (types postgres, mssql, oracle, iris), with two kept connections and at most six in use at once.

    ``application`` is the name that the database's own activity view shows, where the engine has one. ``time_limit``: seconds that a
    statement may take (on Oracle, each of its round trips); ``None`` sets no limit beyond the connection's own.
    """
    connection = BaseHook.get_connection(conn_id)
    # The pool is SQLAlchemy's on every engine: oracledb's own would open its sessions past the hook.
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
        """Binds are filled in by the client, as pymssql does: one SQL text with optional (NULL) binds runs on both engines."""

        def _create_connection(self, conn_args: dict[str, Any]) -> Any:
            import psycopg2

            return psycopg2.connect(**conn_args)

    return Psycopg2Hook(postgres_conn_id=connection.conn_id)


def _postgres_session(con: Any, application: str, time_limit: float | None) -> None:
    settings = {"application_name": application[:63]}
    if time_limit:
        # It takes an int of milliseconds, 24 days; a history may be given longer.
        settings["statement_timeout"] = str(min(math.ceil(time_limit * 1000), 2**31 - 1))
    with con.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("select set_config(%s, %s, false)", (name, value))
    con.commit()


def _mssql_hook(connection: Any, time_limit: float | None) -> Any:
    hook = connection.get_hook()
    if time_limit:
        # The hook hands every extra on to pymssql; a timeout of the site's own stays.
        hook.connection.extra = json.dumps({"timeout": math.ceil(time_limit), **hook.connection.extra_dejson})
    return hook

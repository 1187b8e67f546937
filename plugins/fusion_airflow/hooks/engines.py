"""Airflow connections as SQLAlchemy engines: the provider's hook opens every connection, SQLAlchemy speaks the dialect and pools."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException
from sqlalchemy import Engine, create_engine

_MOTORES = {"postgres": "postgresql+psycopg2://", "mssql": "mssql+pymssql://", "oracle": "oracle+oracledb://"}


def engine_de(conn_id: str, *, aplicacao: str = "fusion", tempo_limite: float | None = None) -> Engine:
    """Engine over one Airflow connection (types postgres, mssql, oracle, iris), with two kept connections and at most six in use at once.

    ``aplicacao`` is the name that the database's own activity view shows, where the engine has one. ``tempo_limite``: seconds that a
    statement may take (on Oracle, each of its round trips); ``None`` sets no limit beyond the connection's own.
    """
    conexao = BaseHook.get_connection(conn_id)
    # The pool is SQLAlchemy's on every engine: oracledb's own would open its sessions past the hook.
    pool: dict[str, Any] = {"pool_size": 2, "max_overflow": 4, "pool_pre_ping": True, "hide_parameters": True}
    if conexao.conn_type == "iris":
        from fusion_airflow.hooks.iris import engine_iris

        return engine_iris(conn_id, tempo_limite, **pool)
    try:
        url = _MOTORES[conexao.conn_type]
    except KeyError:
        raise AirflowException(
            f"connection '{conn_id}' has type '{conexao.conn_type}'; expected one of {', '.join(sorted([*_MOTORES, 'iris']))}"
        ) from None
    if conexao.conn_type == "oracle":
        from fusion_airflow.hooks.oracle import Ajustes

        ajustes = Ajustes.de(conn_id, conexao.extra_dejson, tempo_limite)
        engine = create_engine(url, creator=_abrir(conexao.get_hook(), lambda con: ajustes.na_conexao(con, aplicacao)), **pool)
        ajustes.no_motor(engine)
        return engine
    if conexao.conn_type == "mssql":
        return create_engine(url, creator=_abrir(_hook_mssql(conexao, tempo_limite)), **pool)
    return create_engine(url, creator=_abrir(_hook_postgres(conexao), lambda con: _sessao_postgres(con, aplicacao, tempo_limite)), **pool)


def _abrir(hook: Any, preparar: Callable[[Any], None] = lambda con: None) -> Callable[[], Any]:
    def conectar() -> Any:
        con = hook.get_conn()
        preparar(con)
        return con

    return conectar


def _hook_postgres(conexao: Any) -> Any:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    class Psycopg2Hook(PostgresHook):
        """Binds are filled in by the client, as pymssql does: one SQL text with optional (NULL) binds runs on both engines."""

        def _create_connection(self, conn_args: dict[str, Any]) -> Any:
            import psycopg2

            return psycopg2.connect(**conn_args)

    return Psycopg2Hook(postgres_conn_id=conexao.conn_id)


def _sessao_postgres(con: Any, aplicacao: str, tempo_limite: float | None) -> None:
    ajustes = {"application_name": aplicacao[:63]}
    if tempo_limite:
        # It takes an int of milliseconds, 24 days; a history may be given longer.
        ajustes["statement_timeout"] = str(min(math.ceil(tempo_limite * 1000), 2**31 - 1))
    with con.cursor() as cursor:
        for nome, valor in ajustes.items():
            cursor.execute("select set_config(%s, %s, false)", (nome, valor))
    con.commit()


def _hook_mssql(conexao: Any, tempo_limite: float | None) -> Any:
    hook = conexao.get_hook()
    if tempo_limite:
        # The hook hands every extra on to pymssql; a timeout of the site's own stays.
        hook.connection.extra = json.dumps({"timeout": math.ceil(tempo_limite), **hook.connection.extra_dejson})
    return hook

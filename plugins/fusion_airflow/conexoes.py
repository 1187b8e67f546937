"""Airflow connections as SQLAlchemy engines: the provider's hook opens every connection, SQLAlchemy speaks the dialect."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException
from sqlalchemy import Engine, create_engine

_MOTORES = {"postgres": "postgresql+psycopg2://", "mssql": "mssql+pymssql://", "oracle": "oracle+oracledb://"}


def _hook(conexao: Any) -> Any:
    if conexao.conn_type != "postgres":
        return conexao.get_hook()
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    class Psycopg2Hook(PostgresHook):
        """Binds are filled in by the client, as pymssql does: one SQL text with optional (NULL) binds runs on both engines."""

        def _create_connection(self, conn_args: dict[str, Any]) -> Any:
            import psycopg2

            return psycopg2.connect(**conn_args)

    return Psycopg2Hook(postgres_conn_id=conexao.conn_id)


def engine_de(conn_id: str, *, aplicacao: str = "fusion") -> Engine:
    """Engine over one Airflow connection (types postgres, mssql, oracle), with two kept connections at most in use at once.

    ``aplicacao`` is the name that the database's own activity view shows, where the engine has one.
    """
    conexao = BaseHook.get_connection(conn_id)
    try:
        url = _MOTORES[conexao.conn_type]
    except KeyError:
        raise AirflowException(
            f"connection '{conn_id}' has type '{conexao.conn_type}'; expected one of {', '.join(sorted(_MOTORES))}"
        ) from None
    hook = _hook(conexao)

    def conectar() -> Any:
        con = hook.get_conn()
        if conexao.conn_type == "postgres":
            with con.cursor() as cursor:
                cursor.execute("select set_config('application_name', %s, false)", (aplicacao[:63],))
            con.commit()
        return con

    return create_engine(url, creator=conectar, pool_size=2, max_overflow=4, pool_pre_ping=True, hide_parameters=True)

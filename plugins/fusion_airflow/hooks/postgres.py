"""Our PostgreSQL sessions, beyond the provider's hook: time limits on both sides, also behind pgbouncer, and binds filled in by the client."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.postgres.hooks.postgres import PostgresHook
from psycopg2 import InterfaceError, OperationalError, extensions
from psycopg2 import connect as psycopg2_connect
from sqlalchemy import Engine, event

from fusion_airflow.hooks.silence import CONNECT_MAX, MARGIN, Line, cut_after

SILENT_MAX = 30_000
"""Milliseconds that sent bytes may stay without TCP's acknowledgement."""
DEFAULTS = {
    "connect_timeout": int(CONNECT_MAX), "tcp_user_timeout": SILENT_MAX,
    "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
}  # fmt: skip
"""What a connection's extra may say otherwise."""


class Connection(extensions.connection):
    """``time_limit``: seconds for one statement at the server, ``None`` for no limit; a little later the connection is cut on this side."""

    time_limit: float | None = None

    @contextmanager
    def answered(self) -> Iterator[None]:
        """:raises OperationalError: no answer in time; the connection is closed."""
        try:
            line = None if self.time_limit is None else Line(self.fileno())
        except InterfaceError:
            line = None  # It is closed, and will say so itself.
        if line is None or self.time_limit is None:
            yield
            return
        seconds = self.time_limit + MARGIN
        with cut_after(seconds, line.cut) as wait:
            try:
                yield
            except OperationalError:
                if not wait.over:
                    raise
                raise OperationalError(f"o banco ficou em silêncio por {seconds:.0f} s; a conexão foi encerrada deste lado") from None

    def commit(self) -> None:
        with self.answered():
            super().commit()

    def rollback(self) -> None:
        with self.answered():
            super().rollback()


class Cursor(extensions.cursor):
    """Of a :class:`Connection`."""

    connection: Connection

    def execute(self, *arguments: Any) -> None:
        with self.connection.answered():
            super().execute(*arguments)

    def executemany(self, *arguments: Any) -> None:
        with self.connection.answered():
            super().executemany(*arguments)

    def copy_expert(self, *arguments: Any, **options: Any) -> None:
        with self.connection.answered():
            super().copy_expert(*arguments, **options)


class Psycopg2Hook(PostgresHook):
    """The client fills in the binds, like pymssql: one SQL text with optional (NULL) binds runs on both."""

    def __init__(self, conn_id: str, application: str, time_limit: float | None) -> None:
        super().__init__(postgres_conn_id=conn_id)
        self._application = application
        self._time_limit = time_limit

    def _create_connection(self, conn_args: dict[str, Any]) -> Any:
        options = {**DEFAULTS, "application_name": self._application[:63], "cursor_factory": Cursor, **conn_args}
        con = psycopg2_connect(connection_factory=Connection, **options)
        con.time_limit = self._time_limit
        return con


def limit_statements(engine: Engine, time_limit: float) -> None:
    """``statement_timeout`` (seconds) in every transaction of ``engine``.

    For the transaction alone: behind pgbouncer, what a session keeps reaches the next client that gets it.
    """
    # An int of milliseconds: at most 24 days. A history may have a longer limit.
    statement = f"SET LOCAL statement_timeout = {min(math.ceil(time_limit * 1000), 2**31 - 1)}"

    @event.listens_for(engine, "begin")
    def on_begin(con: Any) -> None:
        con.exec_driver_sql(statement)

"""A database as a dump has it, for tests of restores."""

from __future__ import annotations

import io
from contextlib import closing

import psycopg2
from psycopg2.extensions import connection

_TABLES = """select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"""
_SEQUENCES = """\
select format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value is not null from pg_sequences
where schemaname not in ('pg_catalog', 'information_schema')"""


class Backup:
    """Rows and sequences of all tables, taken now. The tables themselves must not change until ``restore``."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        with closing(psycopg2.connect(dsn)) as con, con.cursor() as cur:
            con.set_session(isolation_level="REPEATABLE READ", readonly=True)
            cur.execute(_SEQUENCES)
            self._sequences = cur.fetchall()
            cur.execute(_TABLES)
            self._rows = {table: self._copy(con, table) for (table,) in cur.fetchall()}

    @staticmethod
    def _copy(con: connection, table: str) -> str:
        rows = io.StringIO()
        with con.cursor() as cur:
            cur.copy_expert(f"copy {table} to stdout", rows)
        return rows.getvalue()

    def restore(self) -> None:
        """Everything is as it was then: what came since is gone, and sequences give the same numbers again. Triggers do not fire."""
        with closing(psycopg2.connect(self._dsn)) as con, con, con.cursor() as cur:
            cur.execute("set session_replication_role = replica")
            cur.execute(f"truncate {', '.join(self._rows)}")
            for table, rows in self._rows.items():
                cur.copy_expert(f"copy {table} from stdin", io.StringIO(rows))
            for name, value, called in self._sequences:
                cur.execute("select setval(%s, %s, %s)", (name, value, called))

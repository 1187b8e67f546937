"""InterSystems IRIS and Caché: a hook for the vendor's DB-API driver, and a minimal SQLAlchemy dialect.

``airflow-provider-iris`` needs SQLAlchemy below 2 and puts the password into a URL (``docs/iris.md``). The driver
(``intersystems-irispython``, vendor's licence) is optional: it is imported when a connection is opened.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from types import ModuleType
from typing import Any

from airflow.providers.common.sql.hooks.sql import DbApiHook
from airflow.sdk.exceptions import AirflowException, AirflowOptionalProviderFeatureException
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect

PORT = 1972
ISOLATION_LEVELS = ("READ COMMITTED", "READ VERIFIED", "READ UNCOMMITTED")
_ROWS = 1000
_DROPPED = re.compile(r"(?i)communication (link )?error|<NETWORK|connection (is |was )?closed|not connected|socket")
_COMMENT = re.compile(r"(?m)^\s*--.*\n?")
_PAGE = re.compile(r"(?is)^\s*SELECT\s+(DISTINCT\s+)?(.*?)\s*OFFSET 0 ROWS FETCH NEXT (\?|\d+) ROWS ONLY\s*$")


def driver() -> ModuleType:
    """The vendor's DB-API module. :raises AirflowOptionalProviderFeatureException: it is not installed."""
    try:
        import iris.dbapi
    except ImportError:
        raise AirflowOptionalProviderFeatureException(
            "the InterSystems driver is not installed: pip install 'intersystems-irispython>=5.4' on every worker and triggerer"
        ) from None
    return iris.dbapi


class IrisHook(DbApiHook):
    """Connection type ``iris``: host, port (1972), schema is the namespace, login, password.

    Extra (JSON): ``timeout`` (seconds to connect, 10), ``sslconfig`` (name of a configuration in the file that the environment variable
    ISC_SSLconfigurations points to), ``isolation`` (one of :data:`ISOLATION_LEVELS`, READ COMMITTED).
    """

    conn_name_attr = "iris_conn_id"
    default_conn_name = "iris_default"
    conn_type = "iris"
    hook_name = "InterSystems IRIS"
    placeholder = "?"
    supports_autocommit = True

    def get_conn(self) -> Any:
        connection = self.get_connection(self.get_conn_id())
        if not (connection.host and connection.schema):
            raise AirflowException(f"connection '{self.get_conn_id()}': needs a host, and the namespace in the schema field")
        extra = connection.extra_dejson
        isolation = extra.get("isolation", ISOLATION_LEVELS[0])
        if isolation not in ISOLATION_LEVELS:
            raise AirflowException(f"connection '{self.get_conn_id()}': extra.isolation must be one of {', '.join(ISOLATION_LEVELS)}")
        options = {"sslconfig": str(extra["sslconfig"])} if extra.get("sslconfig") else {}
        # For localhost the driver would try shared memory first; that needs a server on this machine.
        con = driver().connect(
            hostname=connection.host,
            port=int(connection.port or PORT),
            namespace=connection.schema,
            username=connection.login or "",
            password=connection.password or "",
            timeout=int(extra.get("timeout", 10)),
            sharedmemory=False,
            autoCommit=False,
            **options,
        )
        cursor = con.cursor()
        # The default shows uncommitted data: after a rollback at the source it would stay in Fusion.
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
        cursor.close()
        return con

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        conn.setAutoCommit(autocommit)

    def get_autocommit(self, conn: Any) -> bool:
        return bool(conn.autocommit)


class IrisDialect(DefaultDialect):
    """For text statements only: this project writes its own SQL, and only binds are compiled."""

    name = "iris"
    driver = "irispython"
    default_paramstyle = "qmark"
    supports_statement_cache = True
    max_identifier_length = 128

    @classmethod
    def import_dbapi(cls) -> Any:
        return driver()

    def _get_server_version_info(self, connection: Any) -> None:
        return None

    def do_ping(self, dbapi_connection: Any) -> bool:
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        finally:
            cursor.close()
        return True

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        return bool(_DROPPED.search(str(e)))


registry.register("iris", __name__, "IrisDialect")


def native(sql: str, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """Portable SQL for every IRIS version: ``TOP`` instead of FETCH (new in 2025.1); comments are removed, with their ``?``.

    The limit is the last bind; with ``TOP`` it must be the first.
    """
    sql, values = _COMMENT.sub("", sql), tuple(values)
    page = _PAGE.match(sql)
    if page is None:
        return sql, values
    distinct, rest, limit = page.groups()
    if limit == "?":
        values = (values[-1], *values[:-1])
    return f"SELECT {distinct or ''}TOP {limit} {rest}", values


def _readable(value: Any) -> Any:
    """A bind for the driver: it refuses Python's dates, and takes the text form of TIMESTAMP."""
    if isinstance(value, datetime):
        text = value.isoformat(" ")
        return text.rstrip("0") if value.microsecond else text
    return value.isoformat() if isinstance(value, date) else value


def iris_engine(conn_id: str, time_limit: float | None = None, **pool: Any) -> Engine:
    """Engine over :class:`IrisHook`. ``time_limit``: seconds for one statement; ``pool``: options of ``create_engine``."""
    engine = create_engine("iris://", creator=IrisHook(iris_conn_id=conn_id).get_conn, **pool)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def translate(_con: Any, cursor: Any, sql: str, values: Any, _context: Any, several: bool) -> tuple[str, Any]:
        cursor.arraysize = _ROWS
        if time_limit:
            cursor.setQueryTimeout(math.ceil(time_limit))
        return (sql, values) if several else native(sql, tuple(map(_readable, values or ())))

    return engine

"""InterSystems IRIS and Caché: a hook over the vendor's DB-API driver, and the little that SQLAlchemy must know of the engine.

``airflow-provider-iris`` asks for SQLAlchemy below 2 and puts the password into an URL; ``docs/iris.md`` says more. The driver
(``intersystems-irispython``, the vendor's own licence) is imported when a connection is opened, and is no requirement of the hub.
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

PORTA = 1972
ISOLAMENTOS = ("READ COMMITTED", "READ VERIFIED", "READ UNCOMMITTED")
_LINHAS = 1000
_CAIDA = re.compile(r"(?i)communication (link )?error|<NETWORK|connection (is |was )?closed|not connected|socket")
_COMENTARIO = re.compile(r"(?m)^\s*--.*\n?")
_PAGINA = re.compile(r"(?is)^\s*SELECT\s+(DISTINCT\s+)?(.*?)\s*OFFSET 0 ROWS FETCH NEXT (\?|\d+) ROWS ONLY\s*$")


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
    ISC_SSLconfigurations points to), ``isolation`` (one of :data:`ISOLAMENTOS`, READ COMMITTED).
    """

    conn_name_attr = "iris_conn_id"
    default_conn_name = "iris_default"
    conn_type = "iris"
    hook_name = "InterSystems IRIS"
    placeholder = "?"
    supports_autocommit = True

    def get_conn(self) -> Any:
        conexao = self.get_connection(self.get_conn_id())
        if not (conexao.host and conexao.schema):
            raise AirflowException(f"connection '{self.get_conn_id()}': needs a host, and the namespace in the schema field")
        extra = conexao.extra_dejson
        isolamento = extra.get("isolation", ISOLAMENTOS[0])
        if isolamento not in ISOLAMENTOS:
            raise AirflowException(f"connection '{self.get_conn_id()}': extra.isolation must be one of {', '.join(ISOLAMENTOS)}")
        opcoes = {"sslconfig": str(extra["sslconfig"])} if extra.get("sslconfig") else {}
        # Shared memory would need a server on this very machine, and is what the driver tries first for localhost.
        con = driver().connect(
            hostname=conexao.host,
            port=int(conexao.port or PORTA),
            namespace=conexao.schema,
            username=conexao.login or "",
            password=conexao.password or "",
            timeout=int(extra.get("timeout", 10)),
            sharedmemory=False,
            autoCommit=False,
            **opcoes,
        )
        cursor = con.cursor()
        # The engine's default shows what others have not committed: rolled back there, it would stay in the copy and in Fusion.
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolamento}")
        cursor.close()
        return con

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        conn.setAutoCommit(autocommit)

    def get_autocommit(self, conn: Any) -> bool:
        return bool(conn.autocommit)


class DialetoIris(DefaultDialect):
    """For statements that are texts: this project writes its own SQL, so nothing is compiled but binds."""

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
        return bool(_CAIDA.search(str(e)))


registry.register("iris", __name__, "DialetoIris")


def nativo(sql: str, valores: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """The portable subset as every version reads it: a page is ``TOP``, since FETCH came with IRIS 2025.1; comments go, with their ``?``.

    The limit is the last bind of a page, and TOP's place is before all others.
    """
    sql, valores = _COMENTARIO.sub("", sql), tuple(valores)
    pagina = _PAGINA.match(sql)
    if pagina is None:
        return sql, valores
    distinto, resto, limite = pagina.groups()
    if limite == "?":
        valores = (valores[-1], *valores[:-1])
    return f"SELECT {distinto or ''}TOP {limite} {resto}", valores


def _legivel(valor: Any) -> Any:
    """A bind that the driver takes: it refuses Python's moments, and reads text in the form that TIMESTAMP itself has."""
    if isinstance(valor, datetime):
        texto = valor.isoformat(" ")
        return texto.rstrip("0") if valor.microsecond else texto
    return valor.isoformat() if isinstance(valor, date) else valor


def engine_iris(conn_id: str, tempo_limite: float | None = None, **pool: Any) -> Engine:
    """Engine whose connections this hook opens. ``tempo_limite``: seconds that a statement may take; ``pool``: options of ``create_engine``."""
    engine = create_engine("iris://", creator=IrisHook(iris_conn_id=conn_id).get_conn, **pool)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def traduzir(_con: Any, cursor: Any, sql: str, valores: Any, _contexto: Any, varios: bool) -> tuple[str, Any]:
        cursor.arraysize = _LINHAS
        if tempo_limite:
            cursor.setQueryTimeout(math.ceil(tempo_limite))
        return (sql, valores) if varios else nativo(sql, tuple(map(_legivel, valores or ())))

    return engine

"""The InterSystems hook and engine, against a stand-in driver: SQLite behind the vendor's DB-API names. No IRIS runs here."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowOptionalProviderFeatureException
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from fusion_airflow.hooks.engines import engine_for
from fusion_airflow.hooks.iris import IrisDialect, IrisHook, driver, native
from include.fusion.reading.sql import sql_folder, statement

PASSWORD = "senha-do-teste"


class Cursor(sqlite3.Cursor):
    timing = 0

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:  # type: ignore[override]
        """As strict as the vendor's with binds, which SQLite would adapt."""
        if ruins := {type(v).__name__ for v in values} & {"datetime", "date", "time"}:
            raise TypeError(f"Unsupported argument type: {ruins}")
        if sql.startswith("SET TRANSACTION"):
            ConnectionData.isolamentos.append(sql)
            return self
        return super().execute(sql, values)

    def setQueryTimeout(self, seconds: int) -> None:
        Cursor.timing = seconds


class ConnectionData(sqlite3.Connection):
    autocommit = False
    isolamentos: ClassVar[list[str]] = []

    def cursor(self, *_: Any) -> Cursor:  # type: ignore[override]
        return Cursor(self)

    def setAutoCommit(self, value: bool) -> None:
        self.autocommit = value


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Every call of ``iris.dbapi.connect``, answered by SQLite."""
    chamadas: list[dict[str, Any]] = []
    package, module = ModuleType("iris"), ModuleType("iris.dbapi")

    def connect(**options: Any) -> ConnectionData:
        chamadas.append(options)
        return sqlite3.connect(tmp_path / "iris.db", factory=ConnectionData, check_same_thread=False)

    for name in ("Error", "OperationalError", "InterfaceError", "DatabaseError", "ProgrammingError", "IntegrityError", "DataError"):
        setattr(module, name, getattr(sqlite3, name))
    module.connect, module.paramstyle, package.dbapi = connect, "qmark", module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "iris", package)
    monkeypatch.setitem(sys.modules, "iris.dbapi", module)
    monkeypatch.setenv("AIRFLOW_CONN_TRAK", f"iris://_system:{PASSWORD}@trak:1973/TRAKPROD")
    return chamadas


@pytest.fixture
def engine(vendor: list[dict[str, Any]]) -> Engine:
    engine = engine_for("trak", time_limit=12.5)
    with engine.begin() as con:
        con.execute(text("create table pessoa (id integer, nome text)"))
        con.execute(text("insert into pessoa values (1, 'A'), (2, 'B'), (3, 'C')"))
    return engine


def test_without_the_driver_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "iris", None)
    with pytest.raises(AirflowOptionalProviderFeatureException, match="pip install 'intersystems-irispython"):
        driver()


def test_the_connection_becomes_the_drivers_arguments(vendor: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    IrisHook("trak").get_conn()
    assert vendor == [{"hostname": "trak", "port": 1973, "namespace": "TRAKPROD", "username": "_system", "password": PASSWORD, "timeout": 10,
                       "sharedmemory": False, "autoCommit": False}]  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_TLS", "iris://u:p@h/NS?sslconfig=trak&timeout=3")
    IrisHook("tls").get_conn()
    assert (vendor[-1]["port"], vendor[-1]["sslconfig"], vendor[-1]["timeout"]) == (1972, "trak", 3)


def test_a_connection_without_a_namespace_is_named(vendor: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MANCA", "iris://u:p@h")
    with pytest.raises(AirflowException, match=r"'manca'.*namespace"):
        IrisHook("manca").get_conn()


def test_the_hook_runs_statements_like_any_providers(vendor: list[dict[str, Any]]) -> None:
    assert IrisHook("trak").get_first("select 1 + ?", parameters=(2,)) == (3,)


def test_the_engine_binds_by_name_and_expands_lists(engine: Engine) -> None:
    from sqlalchemy import bindparam

    with engine.connect() as con:
        query = text("select nome from pessoa where id in :chaves and id > :depois order by id").bindparams(
            bindparam("chaves", expanding=True)
        )
        assert con.execute(query, {"chaves": [1, 2, 3], "depois": 1}).scalars().all() == ["B", "C"]
    assert Cursor.timing == 13


def test_moments_travel_as_text_and_find_their_row(engine: Engine) -> None:
    moments = [datetime(2024, 3, 1, 10, 30), datetime(2024, 3, 1, 10, 30, 0, 120000)]
    with engine.connect() as con:
        read_items = [con.execute(text("select :m as marcador"), {"m": m}).scalar_one() for m in moments]
    assert read_items == ["2024-03-01 10:30:00", "2024-03-01 10:30:00.12"] and list(map(datetime.fromisoformat, read_items)) == moments


def test_nothing_uncommitted_is_read_unless_the_site_says_so(vendor: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    IrisHook("trak").get_conn()
    assert ConnectionData.isolamentos[-1] == "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
    monkeypatch.setenv("AIRFLOW_CONN_SUJA", "iris://u:p@h/NS?isolation=READ+UNCOMMITTED")
    IrisHook("suja").get_conn()
    assert ConnectionData.isolamentos[-1].endswith("READ UNCOMMITTED")
    monkeypatch.setenv("AIRFLOW_CONN_ERRADA", "iris://u:p@h/NS?isolation=x")
    with pytest.raises(AirflowException, match="isolation must be one of"):
        IrisHook("errada").get_conn()


def test_the_engine_never_shows_the_password_or_a_value(engine: Engine) -> None:
    assert PASSWORD not in repr(engine) and PASSWORD not in str(engine.url)
    with engine.connect() as con, pytest.raises(OperationalError) as error:
        con.execute(text("select * from nada where nome = :nome"), {"nome": "MARIA SOUZA"})
    assert "MARIA" not in str(error.value)


@pytest.mark.parametrize("mensagem", ["<COMMUNICATION LINK ERROR> Failed to connect", "[SQLCODE: <-461>] Communication error", "<NETWORK>"])
def test_a_broken_line_is_a_disconnect_and_a_wrong_statement_is_not(mensagem: str) -> None:
    assert IrisDialect().is_disconnect(Exception(mensagem), None, None)
    assert not IrisDialect().is_disconnect(Exception("[SQLCODE: <-30>:<Table or view not found>]"), None, None)


def test_a_page_is_top_and_its_limit_comes_first() -> None:
    sql = "-- nota: o que é isto?\nSELECT p.id AS chave\nFROM t p\nWHERE p.id > ?\nORDER BY p.id\nOFFSET 0 ROWS FETCH NEXT ? ROWS ONLY\n"
    assert native(sql, (7, 100)) == ("SELECT TOP ? p.id AS chave\nFROM t p\nWHERE p.id > ?\nORDER BY p.id", (100, 7))
    assert native("SELECT DISTINCT a FROM t OFFSET 0 ROWS FETCH NEXT 1 ROWS ONLY", ()) == ("SELECT DISTINCT TOP 1 a FROM t", ())
    assert native("SELECT a FROM t WHERE b = ?", (1,)) == ("SELECT a FROM t WHERE b = ?", (1,))


@pytest.mark.parametrize("file", sorted((sql_folder("trackcare")).glob("*.sql")), ids=lambda a: a.stem)
def test_every_statement_reaches_the_driver_with_as_many_binds_as_marks(file: Path) -> None:
    clause = statement(file)
    values = {name: [1, 2] if name == "chaves" else 5 for name in clause._bindparams}
    compilada = clause.bindparams(**values).compile(dialect=IrisDialect(), compile_kwargs={"render_postcompile": True})
    positions = [compilada.params[n] for n in compilada.positiontup or ()]
    sql, binds = native(str(compilada), positions)
    assert sql.count("?") == len(binds) and "--" not in sql and "FETCH" not in sql
    assert ("TOP ?" in sql) is ("limite" in values)

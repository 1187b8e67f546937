"""Migrations: for real on PostgreSQL, as text on SQL Server and Oracle."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from sqlalchemy import Engine, inspect, text

from include.fusion.cli.migrate import main
from include.fusion.store.migrate import ENGINES, fila_statements, files, make_sql, migrate
from include.fusion.store.tables import metadata

DIALECT = {"postgresql": "postgres", "mssql": "tsql", "oracle": "oracle"}


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    migrate(engine)
    with engine.connect() as con:
        assert con.execute(text("select version_num from versao_migracao")).all() == [("0006",)]
        assert con.execute(text("select count(*) from ImportacaoAtendimento")).scalar_one() == 0


def test_two_processes_may_migrate_at_once(engine: Engine, database: str) -> None:
    environment = {**os.environ, "FUSION_DB_URL": database.replace("postgresql://", "postgresql+psycopg2://")}
    processos = [subprocess.Popen([sys.executable, "-m", "include.fusion.migracoes"], env=environment) for _ in range(2)]
    assert [p.wait(60) for p in processos] == [0, 0]
    migrate(engine)


def _form(engine: Engine) -> tuple[set[object], set[object]]:
    seen = inspect(engine)
    names = set(seen.get_table_names()) - {"versao_migracao"}
    columns: set[object] = {(n, c["name"], c["type"].compile(engine.dialect), c["nullable"]) for n in names for c in seen.get_columns(n)}
    with engine.connect() as con:
        indexes = con.execute(text("select indexdef from pg_indexes where schemaname = 'public' and tablename <> 'versao_migracao'"))
        return columns, set(indexes.scalars())


def test_migrated_tables_are_the_declared_tables(engine: Engine, database: str) -> None:
    assert main(["--url", database.replace("postgresql://", "postgresql+psycopg2://")]) == 0
    migradas = _form(engine)
    with engine.begin() as con:
        con.execute(text("drop schema public cascade; create schema public"))
        metadata.create_all(con)
    assert _form(engine) == migradas


@pytest.mark.parametrize("path", files(), ids=lambda c: c.name)
def test_checked_in_sql_is_what_is_generated_now(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run: python -m include.fusion migrate --gerar-sql"


@pytest.mark.parametrize("engine", ENGINES)
def test_generated_migrations_parse_in_their_dialect(engine: str) -> None:
    commands = re.split(r"^(?:GO|/)$", make_sql(engine), flags=re.MULTILINE)
    assert all(sqlglot.parse(c, read=DIALECT[engine]) for c in commands if c.strip())


@pytest.mark.parametrize("engine", ["mssql", "oracle"])
def test_queue_statements_parse_in_their_dialect(engine: str) -> None:
    commands = fila_statements(engine).split(";\n")
    # The list of an expanding bind stands in parentheses once it has values.
    read_items = [sqlglot.parse_one(re.sub(r"IN :(\w+)", "IN (:\\1)", c), read=DIALECT[engine]) for c in commands if c.strip()]
    assert len(read_items) >= 7


@pytest.mark.parametrize(
    ("engine", "pieces"),
    [
        ("mssql", ["WITH (UPDLOCK, READPAST, ROWLOCK)", "MERGE INTO ImportacaoAtendimento WITH (HOLDLOCK)", "OUTPUT inserted.id"]),
        ("oracle", ["FOR UPDATE SKIP LOCKED", "MERGE INTO ImportacaoAtendimento"]),
        ("postgresql", ["FOR UPDATE OF c SKIP LOCKED", "ON CONFLICT (integracao_id, processo, chave) WHERE"]),
    ],
)
def test_each_engine_locks_in_its_own_words(engine: str, pieces: list[str]) -> None:
    assert all(p in fila_statements(engine) for p in pieces)

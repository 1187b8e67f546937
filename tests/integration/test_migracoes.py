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
from include.fusion.store.migrate import MOTORES, arquivos, comandos_da_fila, gerar_sql, migrar
from include.fusion.store.tables import metadados

DIALETO = {"postgresql": "postgres", "mssql": "tsql", "oracle": "oracle"}


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrar(engine)
    migrar(engine)
    with engine.connect() as con:
        assert con.execute(text("select version_num from versao_migracao")).all() == [("0005",)]
        assert con.execute(text("select count(*) from ImportacaoAtendimento")).scalar_one() == 0


def test_two_processes_may_migrate_at_once(engine: Engine, banco: str) -> None:
    ambiente = {**os.environ, "FUSION_DB_URL": banco.replace("postgresql://", "postgresql+psycopg2://")}
    processos = [subprocess.Popen([sys.executable, "-m", "include.fusion.migracoes"], env=ambiente) for _ in range(2)]
    assert [p.wait(60) for p in processos] == [0, 0]
    migrar(engine)


def _forma(engine: Engine) -> tuple[set[object], set[object]]:
    visto = inspect(engine)
    nomes = set(visto.get_table_names()) - {"versao_migracao"}
    colunas: set[object] = {(n, c["name"], c["type"].compile(engine.dialect), c["nullable"]) for n in nomes for c in visto.get_columns(n)}
    with engine.connect() as con:
        indices = con.execute(text("select indexdef from pg_indexes where schemaname = 'public' and tablename <> 'versao_migracao'"))
        return colunas, set(indices.scalars())


def test_migrated_tables_are_the_declared_tables(engine: Engine, banco: str) -> None:
    assert main(["--url", banco.replace("postgresql://", "postgresql+psycopg2://")]) == 0
    migradas = _forma(engine)
    with engine.begin() as con:
        con.execute(text("drop schema public cascade; create schema public"))
        metadados.create_all(con)
    assert _forma(engine) == migradas


@pytest.mark.parametrize("caminho", arquivos(), ids=lambda c: c.name)
def test_checked_in_sql_is_what_is_generated_now(caminho: Path) -> None:
    assert caminho.read_text(encoding="utf-8") == arquivos()[caminho], "run: python -m include.fusion migrate --gerar-sql"


@pytest.mark.parametrize("motor", MOTORES)
def test_generated_migrations_parse_in_their_dialect(motor: str) -> None:
    comandos = re.split(r"^(?:GO|/)$", gerar_sql(motor), flags=re.MULTILINE)
    assert all(sqlglot.parse(c, read=DIALETO[motor]) for c in comandos if c.strip())


@pytest.mark.parametrize("motor", ["mssql", "oracle"])
def test_queue_statements_parse_in_their_dialect(motor: str) -> None:
    comandos = comandos_da_fila(motor).split(";\n")
    # The list of an expanding bind stands in parentheses once it has values.
    lidos = [sqlglot.parse_one(re.sub(r"IN :(\w+)", "IN (:\\1)", c), read=DIALETO[motor]) for c in comandos if c.strip()]
    assert len(lidos) >= 7


@pytest.mark.parametrize(
    ("motor", "pedacos"),
    [
        ("mssql", ["WITH (UPDLOCK, READPAST, ROWLOCK)", "MERGE INTO ImportacaoAtendimento WITH (HOLDLOCK)", "OUTPUT inserted.id"]),
        ("oracle", ["FOR UPDATE SKIP LOCKED", "MERGE INTO ImportacaoAtendimento"]),
        ("postgresql", ["FOR UPDATE OF c SKIP LOCKED", "ON CONFLICT (integracao_id, processo, chave) WHERE"]),
    ],
)
def test_each_engine_locks_in_its_own_words(motor: str, pedacos: list[str]) -> None:
    assert all(p in comandos_da_fila(motor) for p in pedacos)

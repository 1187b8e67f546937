"""Consulfarma's SQL against the contract, and the contract's twin for PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from sandbox.origens.consulfarma.esquema import DDL, commands
from tests import ROOT
from tests.unit.sistemas.sql_files import code, first

FOLDER = ROOT / "include" / "fusion" / "sistemas" / "consulfarma" / "sql"
FILES = sorted(FOLDER.glob("*.sql"))
por_arquivo = pytest.mark.parametrize("file", FILES, ids=lambda a: a.name)


def _colunas_do_contrato() -> dict[str, set[str]]:
    tables = {}
    for command in sqlglot.parse(DDL.read_text(encoding="utf-8"), dialect="tsql"):
        if isinstance(command, exp.Create) and command.kind == "TABLE":
            tables[first(command, exp.Table).name] = {c.name for c in command.find_all(exp.ColumnDef)}
    return tables


@por_arquivo
def test_its_columns_are_in_the_contract(file: Path) -> None:
    contract = _colunas_do_contrato()
    query = sqlglot.parse_one(code(file), dialect="tsql")
    names = {t.alias: t.name for t in query.find_all(exp.Table) if t.name in contract and t.alias != "t"}
    usadas = [(names[c.table], c.name) for c in query.find_all(exp.Column) if c.table in names and c.name[:1].isupper()]
    assert [(table, column) for table, column in usadas if column not in contract[table]] == []


def test_every_changing_table_has_an_indexed_marker() -> None:
    sem_marcador = {t for t, columns in _colunas_do_contrato().items() if "AtualizadoEm" not in columns}
    indexadas = set(re.findall(r"INDEX IX_(\w+)_Marcador", DDL.read_text(encoding="utf-8")))
    assert sem_marcador == set()
    assert set(_colunas_do_contrato()) - indexadas == {"Unidade", "Profissional"}


def test_the_twin_of_the_schema_parses_as_postgres_and_keeps_no_tsql() -> None:
    for command in commands():
        sqlglot.parse_one(command, dialect="postgres")
        assert not re.search(r"nvarchar|datetime2|uniqueidentifier|IDENTITY\(|NEWID|\bbit\b", command)

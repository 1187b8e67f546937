"""Sotech's SQL against its schema, and the statements of the comparison."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.spec import Snapshot
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.sotech.system import SYSTEM
from sandbox.origens.sotech.esquema import CONTRACT, HERE
from tests.unit.sistemas.sql_files import code, first

FOLDER = sql_folder("sotech")
FILES = sorted(FOLDER.glob("*.sql"))
NORMALIZADAS = {"version", "ativo", "uuid", "fkuser"}
por_arquivo = pytest.mark.parametrize("file", FILES, ids=lambda a: a.stem)
por_retrato = pytest.mark.parametrize("snapshot", SYSTEM.snapshots, ids=lambda r: r.nome)


def _query(file: str) -> exp.Query:
    query = sqlglot.parse_one(code(FOLDER / file), dialect="postgres")
    assert isinstance(query, exp.Query)
    return query


def _columns() -> dict[str, set[str]]:
    """Columns of every table, by name, of the sandbox's schema and the contract."""
    tables = {}
    for file in (HERE / "esquema.sql", CONTRACT):
        for command in sqlglot.parse(file.read_text(encoding="utf-8").split("CREATE FUNCTION")[0], dialect="postgres"):
            if isinstance(command, exp.Create) and command.kind == "TABLE":
                tables[first(command, exp.Table).name] = {c.name for c in command.find_all(exp.ColumnDef)} | NORMALIZADAS
    return tables


@por_arquivo
def test_its_columns_are_in_the_schema_or_the_contract(file: Path) -> None:
    tables, query = _columns(), sqlglot.parse_one(code(file), dialect="postgres")
    for part in query.find_all(exp.Select):
        names = {t.alias: t.name for t in part.find_all(exp.Table) if t.name in tables}
        usadas = [(names[c.table], c.name) for c in part.find_all(exp.Column) if c.table in names and c.name not in ("bloco", "parcela")]
        assert [(t, c) for t, c in usadas if c not in tables[t]] == []


@por_retrato
def test_an_image_yields_what_the_comparison_reads(snapshot: Snapshot) -> None:
    assert _query(snapshot.sql_blocks).named_selects == ["bloco", "quantidade", "soma"]
    assert _query(snapshot.sql).named_selects == ["pk", "parcela", "versao", "ativo", "chave", "chave_paciente"]


@por_retrato
def test_block_and_row_weigh_a_row_alike(snapshot: Snapshot) -> None:
    def share(file: str) -> str:
        return next(e.this.sql() for e in _query(file).find_all(exp.Alias) if e.alias == "parcela")

    assert share(snapshot.sql_blocks) == share(snapshot.sql)


def test_every_table_that_is_compared_is_counted() -> None:
    counted = set(re.findall(r"'(\w+)'", code(FOLDER / "counters.sql"))) - {"sotech", "pep"}
    assert counted == {r.table.split(".")[1] for r in SYSTEM.snapshots}

"""What only TrakCare's SQL must say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.trackcare.system import DETAILS
from sandbox.origens.trackcare.esquema import WATCHED
from tests import ROOT
from tests.unit.sistemas.sql_files import code, query

FOLDER = sql_folder("trackcare")
CONTRACT = ROOT / "include" / "contracts" / "trackcare" / "ddl.sql"
FILES = sorted(FOLDER.glob("*.sql"))
# Names that are reserved words of InterSystems SQL and could pass for aliases.
_RESERVADAS = frozenset(["absolute", "action", "add", "all", "any", "avg", "close", "count", "current", "cursor", "date", "day", "domain", "end", "exists", "external", "extract", "first", "last", "left", "level", "max", "min", "month", "names", "next", "no", "null", "number", "on", "option", "order", "section", "session", "size", "sql", "state", "time", "top", "user", "value", "values", "year"])  # fmt: skip
por_arquivo = pytest.mark.parametrize("file", FILES, ids=lambda a: a.stem)


@por_arquivo
def test_no_alias_is_a_reserved_word(file: Path) -> None:
    read_row = sqlglot.parse_one(code(file), dialect="postgres")
    assert not {a.alias.lower() for a in read_row.find_all(exp.Alias, exp.TableAlias)} & _RESERVADAS


@pytest.mark.parametrize("nome", DETAILS)
def test_a_kind_of_rows_comes_in_a_fixed_order_with_its_key_first(nome: str) -> None:
    rows = query(FOLDER / f"read_{nome}.sql", "postgres")
    assert rows.named_selects[0] == "chave" and len(set(rows.named_selects)) == len(rows.named_selects)
    assert rows.args.get("order") or nome == "paciente"


def test_the_text_of_a_note_comes_last_and_is_used_nowhere_else() -> None:
    notes = query(FOLDER / "read_notas.sql", "postgres")
    assert notes.selects[-1].name == "not_notes" and [c.name for c in notes.find_all(exp.Column)].count("not_notes") == 1


def test_the_sites_upkeep_covers_every_table_and_column_that_the_sandboxs_does() -> None:
    upkeep = CONTRACT.read_text(encoding="utf-8").lower().partition("-- upkeep")[2]
    assert [table for table in WATCHED if not re.search(rf"\b{table}\b", upkeep)] == []
    columns = re.search(r"pacienteses \((.*?)\)", (FOLDER / "initial_load.sql").read_text(encoding="utf-8"), re.DOTALL)
    assert columns is not None
    assert [c for c in re.split(r",\s*", columns[1]) if c != "pacienteid" and not re.search(rf"\b{c} = ", upkeep)] == []

"""The SQL of the surgical chain against MV's tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.settings.registry import SYSTEMS_FOLDER
from include.fusion.sistemas.fusion_service.system import SYSTEM as FUSION_SERVICE
from include.fusion.sistemas.skymed.system import SYSTEM as SKYMED
from tests import ROOT
from tests.unit.sistemas.sql_files import code

SYSTEMS = (SKYMED, FUSION_SERVICE)
FILES = sorted(a for s in SYSTEMS for a in (SYSTEMS_FOLDER / s.nome / "sql").glob("*.sql"))
por_arquivo = pytest.mark.parametrize("file", FILES, ids=lambda a: f"{a.parents[1].name}/{a.stem}")


def _columns() -> dict[str, set[str]]:
    ddl = "".join((ROOT / "sandbox" / "origens" / "mv" / a).read_text(encoding="utf-8") for a in ("esquema.sql", "diario.sql"))
    tables = {}
    for table in re.findall(r"create table (?:dbamv|fusion_integracao)\.\w+ \(.*?\n?.*?\);", re.sub(r"--.*", "", ddl), flags=re.DOTALL):
        command = sqlglot.parse_one(table, dialect="postgres")
        found_one = command.find(exp.Table)
        assert found_one is not None
        tables[found_one.name] = {c.name for c in command.find_all(exp.ColumnDef)}
    return tables


@por_arquivo
def test_its_columns_are_mvs(file: Path) -> None:
    tables = _columns()
    command = sqlglot.parse_one(code(file), dialect="oracle")
    names = {t.alias_or_name.lower(): t.name.lower() for t in command.find_all(exp.Table)}
    usadas = [(names[c.table.lower()], c.name.lower()) for c in command.find_all(exp.Column) if c.table.lower() in names]
    assert [pair for pair in usadas if pair[1] not in tables[pair[0]]] == []


def test_the_form_finds_the_same_bookings_in_both() -> None:
    assert len({(SYSTEMS_FOLDER / s.nome / "sql" / "keys.sql").read_text(encoding="utf-8") for s in SYSTEMS}) == 1

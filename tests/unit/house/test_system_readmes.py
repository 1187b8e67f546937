"""Every system's README names the files and tables that are read, and no others."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.sql import sql_folder
from include.fusion.settings.registry import SYSTEMS_FOLDER, systems
from tests.unit.sistemas.sql_files import code, facts

ROW = re.compile(r"^\| `(\w+\.sql)` \| (.*?) \|", re.MULTILINE)


def _tables(system: str, file: str) -> set[str]:
    parsed = sqlglot.parse_one(code(sql_folder(system) / file), dialect=facts(system).dialects[0])
    own = {cte.alias for cte in parsed.find_all(exp.CTE)}
    return {f"{t.db}.{t.name}".lstrip(".") for t in parsed.find_all(exp.Table) if t.name not in own}


@pytest.mark.parametrize("system", systems())
def test_the_readme_says_what_is_read_from_where(system: str) -> None:
    text = (SYSTEMS_FOLDER / system / "README.md").read_text(encoding="utf-8")
    told = {file: set(re.findall(r"`([\w.]+)`", tables)) for file, tables in ROW.findall(text)}
    read = {f.name for f in sql_folder(system).glob("*.sql") if f.stem.startswith(("change_", "sweep_", "read_"))}
    assert read <= set(told)
    assert told == {file: _tables(system, file) for file in told}
    assert "## What does not travel" in text

"""Names of the SQL files: one scheme for all systems, and a site's own files under the names that they had before it."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any, cast

import pytest

from include.fusion.reading.sql import SystemQueries, sql_folder
from include.fusion.settings.registry import systems
from include.fusion.wiring.systems import system_named

SCHEME = re.compile(
    r"(change|probe|delete|keep|kept|forget|blocks|sweep|read)_[a-z0-9_]+|keys|total|counters|targets|cancelled|initial_load(_keys)?"
)


@pytest.mark.parametrize("system", systems())
def test_every_file_says_by_its_name_what_it_is_for(system: str) -> None:
    assert [f.name for f in sql_folder(system).glob("*.sql") if not SCHEME.fullmatch(f.stem)] == []


def _old_names() -> list[tuple[str, str, str]]:
    tables = [(f.parents[1].name, json.loads(f.read_text(encoding="utf-8"))) for s in systems() for f in sql_folder(s).glob("*.json")]
    return [(system, new, old) for system, names in tables for new, old in names.items()]


@pytest.mark.parametrize(("system", "new", "old"), _old_names())
def test_a_sites_file_under_its_old_name_is_found_and_the_new_one_is_said_once(
    system: str, new: str, old: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert (sql_folder(system) / new).is_file()
    (tmp_path / old).write_text("select 1 as antigo", encoding="utf-8")
    queries = SystemQueries(cast("Any", None), system_named(system), tmp_path)
    with caplog.at_level(logging.WARNING):
        assert [queries.sql(new).text, queries.sql(new).text] == ["select 1 as antigo"] * 2
    assert [new in r.getMessage() and old in r.getMessage() for r in caplog.records] == [True]


def test_a_file_under_its_name_of_today_goes_before_one_under_its_old_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    system, new, old = _old_names()[0]
    (tmp_path / old).write_text("select 1 as antigo", encoding="utf-8")
    (tmp_path / new).write_text("select 1 as novo", encoding="utf-8")
    assert SystemQueries(cast("Any", None), system_named(system), tmp_path).sql(new).text == "select 1 as novo"
    assert not caplog.records

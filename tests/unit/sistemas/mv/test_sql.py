"""What only MV's SQL must say: Oracle's LONG columns."""

from __future__ import annotations

import re

import pytest
from sqlglot import exp

from include.fusion.reading.sql import sql_folder
from tests.unit.sistemas.sql_files import code, query

FOLDER = sql_folder("mv")
FILES = sorted(FOLDER.glob("*.sql"))
LONGAS = {"read_evolucoes.sql": "ds_texto", "read_evolucoes_prescricao.sql": "ds_evolucao"}


@pytest.mark.parametrize("file", LONGAS)
def test_a_long_column_is_selected_last_and_used_nowhere_else(file: str) -> None:
    column, read_row = LONGAS[file], query(FOLDER / file, "oracle")
    assert [c.name for c in read_row.find_all(exp.Column)].count(column) == 1
    assert read_row.selects[-1].name == column and isinstance(read_row.selects[-1], exp.Column)
    assert not read_row.find(exp.Distinct, exp.Union, exp.Group)


def test_no_other_file_touches_a_long_column() -> None:
    tocam = {a.name for a in FILES if re.search("ds_evolucao|ds_texto", code(a))}
    assert tocam == set(LONGAS)

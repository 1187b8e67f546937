"""What only MV's SQL must say: Oracle's LONG columns."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from include.fusion.reading.sql import sql_folder
from tests.unit.sql_apoio import codigo

PASTA = sql_folder("mv")
ARQUIVOS = sorted(PASTA.glob("*.sql"))
LONGAS = {"read_evolucoes.sql": "ds_texto", "read_evolucoes_prescricao.sql": "ds_evolucao"}


@pytest.mark.parametrize("arquivo", LONGAS)
def test_a_long_column_is_selected_last_and_used_nowhere_else(arquivo: str) -> None:
    coluna, consulta = LONGAS[arquivo], sqlglot.parse_one(codigo(PASTA / arquivo), dialect="oracle")
    assert [c.name for c in consulta.find_all(exp.Column)].count(coluna) == 1
    assert consulta.selects[-1].name == coluna and isinstance(consulta.selects[-1], exp.Column)
    assert not consulta.find(exp.Distinct, exp.Union, exp.Group)


def test_no_other_file_touches_a_long_column() -> None:
    tocam = {a.name for a in ARQUIVOS if re.search("ds_evolucao|ds_texto", codigo(a))}
    assert tocam == set(LONGAS)

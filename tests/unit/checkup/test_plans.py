"""What a plan says of tables that are read as a whole, and of the index that they lack."""

from __future__ import annotations

from typing import Any

import pytest

from include.fusion.checkup.plans import Scan, scans


def seq(table: str, alias: str, **more: Any) -> dict[str, Any]:
    return {"Node Type": "Seq Scan", "Schema": "dbo", "Relation Name": table, "Alias": alias, **more}


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        ("(t.atualizadoem > '2100-01-01'::timestamp)", "atualizadoem"),
        ("((t.excluido = 0) AND (t.situacao <> 'C'))", "excluido"),
        ("((t.codigo)::text = '0'::text)", "codigo"),
        ("(at.codigo = 1)", ""),
    ],
)
def test_the_column_that_a_filter_compares_is_the_indexs(condition: str, column: str) -> None:
    assert list(scans(seq("alergia", "t", Filter=condition))) == [Scan("dbo.alergia", column)]


def test_a_scan_without_a_filter_takes_the_column_of_the_join_above_it() -> None:
    join = {
        "Node Type": "Hash Join",
        "Hash Cond": "(a.pacienteid = t.pacienteid)",
        "Plans": [{"Node Type": "Hash", "Plans": [seq("alergia", "t")]}],
    }
    assert list(scans({"Node Type": "Limit", "Plans": [join]})) == [Scan("dbo.alergia", "pacienteid")]


def test_an_index_is_no_scan() -> None:
    assert list(scans({"Node Type": "Index Scan", "Schema": "dbo", "Relation Name": "alergia", "Alias": "t"})) == []

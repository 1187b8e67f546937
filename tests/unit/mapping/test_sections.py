"""Parts of a record that several rows share, and rows that must be there."""

from __future__ import annotations

from typing import Any

import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import sections
from include.fusion.model.atendimento import Profissional

QUALQUER: Any = object()


def test_equal_professionals_are_one_instance_and_none_without_fields() -> None:
    assert sections.repeated(Profissional, codigo="1", nome="A") is sections.repeated(Profissional, codigo="1", nome="A")
    assert sections.if_any(Profissional, codigo=None, nome=None) is None


def test_what_many_rows_share_is_made_once_of_its_columns_alone() -> None:
    done: list[Any] = []
    build = sections.memoised(("a", "b"), optional=("c",))(lambda x, _: done.append(x))
    for row in ({"a": 1, "b": 2, "z": 1}, {"a": 1, "b": 2, "z": 2}, {"a": 1, "b": 2, "c": 3}):
        build(row, QUALQUER)
    assert done == [{"a": 1, "b": 2, "c": None}, {"a": 1, "b": 2, "c": 3}]


def test_a_column_that_must_be_there_is_missed() -> None:
    with pytest.raises(KeyError):
        sections.memoised(("a", "b"))(lambda x, _: x)({"a": 1}, QUALQUER)


def test_a_row_gone_or_doubled_has_a_reason() -> None:
    with pytest.raises(InvalidRecord, match="não existe mais na origem"):
        sections.only_row({}, "atendimento")
    with pytest.raises(InvalidRecord, match="duplicado"):
        sections.only_row({"atendimento": [{}, {}]}, "atendimento")

"""A form is checked whole before anything is touched."""

from __future__ import annotations

from typing import Any

import pytest

from include.fusion.change.replay import ReplayRequest
from include.fusion.errors import InvalidRequest
from include.fusion.reading.spec import SystemSpec

TEXT = SystemSpec("x", (), ())
NUMBER = SystemSpec("x", (), (), key_type=int)


@pytest.mark.parametrize(
    ("params", "stretch"),
    [
        ({"data_inicial": "2026-01-02"}, "juntas"),
        ({"data_inicial": "2026-01-02", "data_final": "2026-01-01"}, "anterior"),
        ({"data_inicial": "2020-01-01", "data_final": "2026-01-01"}, "366 dias"),
        ({"data_inicial": "ontem", "data_final": "2026-01-01"}, "não é uma data"),
        ({"forcar": True}, "exige"),
        ({"simular": True, "reenviar_erros": True}, "não combinam"),
        ({"atendimento": "abc"}, "código"),
    ],
)
def test_nonsense_is_refused_with_what_to_change(params: dict[str, Any], stretch: str) -> None:
    with pytest.raises(InvalidRequest, match=stretch):
        ReplayRequest.from_params(params, NUMBER)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(InvalidRequest, match=r"anterior.*combinam"):
        ReplayRequest.from_params({"data_inicial": "2026-01-02", "data_final": "2026-01-01", "simular": True, "reenviar_erros": True}, TEXT)


def test_empty_form_filters_nothing() -> None:
    assert not ReplayRequest.from_params({"atendimento": "  ", "paciente": None}, TEXT).narrows


def test_last_day_is_included() -> None:
    filters = ReplayRequest.from_params({"data_inicial": "2026-01-01", "data_final": "2026-01-31"}, TEXT).filters(TEXT)
    assert str(filters["fim"]) == "2026-02-01 00:00:00"


def test_keys_take_the_type_of_the_source_column() -> None:
    assert ReplayRequest.from_params({"atendimento": " 42 "}, NUMBER).filters(NUMBER)["atendimento"] == 42

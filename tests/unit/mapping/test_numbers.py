"""Numbers as drivers and people write them, and no value in a reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import numbers


@pytest.mark.parametrize(
    ("valor", "expected"),
    [("36,5", 36.5), ("36.5", 36.5), ("1.234,56", 1234.56), ("1.234", 1.234), (Decimal("7.10"), 7.1), (",5", 0.5), (3, 3.0), ("", None)],
)
def test_numbers_take_comma_or_dot(valor: Any, expected: float | None) -> None:
    assert numbers.to_number(valor, "peso") == expected


@pytest.mark.parametrize("valor", ["12,3,4", "abc", "1e9", "nan", float("inf"), Decimal("NaN"), 10**400, "९"])
def test_what_is_no_number_is_refused(valor: Any) -> None:
    with pytest.raises(InvalidRecord, match="peso: número inválido"):
        numbers.to_number(valor, "peso")


def test_a_result_may_be_prose() -> None:
    assert numbers.number_if_any("não reagente") is None
    assert numbers.number_if_any("12,5") == 12.5
    assert numbers.number_if_any("0.125") == 0.125


@pytest.mark.parametrize("valor", ["250.000", " 4.500 ", "-1.000"])
def test_a_result_that_may_be_thousands_or_a_fraction_has_no_number(valor: str) -> None:
    assert numbers.number_if_any(valor) is None


def test_blood_pressure_has_two_numbers() -> None:
    assert numbers.pressure("120/80", "pa") == numbers.pressure("120 x 80", "pa") == (120.0, 80.0)
    with pytest.raises(InvalidRecord, match="pressão arterial inválida"):
        numbers.pressure("120", "pa")

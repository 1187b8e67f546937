"""Texts, codes and flags as drivers deliver them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import values


@pytest.mark.parametrize(
    ("valor", "expected"),
    [
        (" 7 ", "7"),
        (7, "7"),
        (7.0, "7"),
        (Decimal(7), "7"),
        (True, "1"),
        (UUID(int=10), str(UUID(int=10))),
        ("\x00 ", None),
        (None, None),
    ],
)
def test_codes_are_text(valor: Any, expected: str | None) -> None:
    assert values.to_code(valor) == expected


@pytest.mark.parametrize(
    ("valor", "expected"),
    [(True, True), (0, False), (Decimal(1), True), (b"\x00", False), ("S", True), ("não", False), (None, False), ("", False)],
)
def test_flags_come_in_every_type(valor: Any, expected: bool) -> None:
    assert values.boolean(valor) is expected


def test_a_windows_dash_in_a_latin_1_column_does_not_join_two_numbers() -> None:
    row = "dar 5–10 mg “lento”\nD’Ávila".encode("cp1252").decode("latin-1")
    assert values.to_text(row) == values.clinical_text(row) == "dar 5–10 mg “lento”\nD’Ávila"
    assert values.to_text("5…10 mg‰".encode("cp1252").decode("latin-1")) == "5…10 mg‰"
    assert values.to_text("a\x81\x07b") == "ab"
    assert values.to_text("5…10 mg".encode("cp1252").decode("latin-1")) == "5…10 mg"


def test_a_word_processors_line_and_page_breaks_do_not_join_two_numbers() -> None:
    assert values.to_text("dar 5\x0b10 gotas\x0c2 vezes") == "dar 5\n10 gotas\n2 vezes"


@pytest.mark.parametrize(
    ("glued", "read_item"), [("5\x0b10 gotas", "5\n10 gotas"), ("5\x0c10", "5\n10"), ("5\x1e10 mg", "5-10 mg"), ("\x0b\x0c", None)]
)
def test_breaks_and_hyphens_of_word_do_not_join_two_numbers(glued: str, read_item: str | None) -> None:
    assert values.to_text(glued) == values.clinical_text(glued) == read_item


@pytest.mark.parametrize("present", [0, False, "", 1.5, "a"])
def test_what_is_there_is_what_was_required(present: Any) -> None:
    assert values.required(present, "paciente.nome") is present


def test_what_is_required_and_missing_refuses_the_record_with_its_field() -> None:
    with pytest.raises(InvalidRecord, match=r"^paciente\.nome: não preenchido na origem$"):
        values.required(None, "paciente.nome")
    with pytest.raises(InvalidRecord, match=r"^vacinas\.data: não preenchida \(registro 7\)$"):
        values.required(None, "vacinas.data", "não preenchida (registro 7)")

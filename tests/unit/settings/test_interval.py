"""TimeSpan texts of the old services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from include.fusion.settings.interval import in_words, read_interval, timespan_text


@pytest.mark.parametrize(
    ("texto", "seconds"),
    [("23:00:05", 82805), ("00:00:05", 5), ("1.02:30:00", 95400), ("00:00:00.5", 0.5), ("0:00:00.1234567", 0.123456), (5, 5), (0.5, 0.5)],
)
def test_timespan_is_a_span(texto: Any, seconds: float) -> None:
    assert read_interval(texto) == timedelta(seconds=seconds)


@pytest.mark.parametrize("valor", ["24:00", "5", "", "00:60:00", "-00:00:05", "5 s", True, None, -1, float("nan"), float("inf"), [5]])
def test_anything_else_is_refused(valor: Any) -> None:
    with pytest.raises(ValueError, match="found"):
        read_interval(valor)


@pytest.mark.parametrize(("texto", "certo"), [("24:00:00", "1.00:00:00"), ("26:30:00", "1.02:30:00"), ("1.24:00:00", "2.00:00:00")])
def test_hours_above_23_are_refused_with_the_right_text(texto: str, certo: str) -> None:
    with pytest.raises(ValueError, match=f"write {certo}"):
        read_interval(texto)


@pytest.mark.parametrize("texto", ["23:00:05", "1.02:30:00", "00:00:00.5000000"])
def test_timespan_text_survives_a_round_trip(texto: str) -> None:
    assert timespan_text(read_interval(texto)) == texto


@pytest.mark.parametrize(
    ("seconds", "words"), [(82805, "23 h 0 min 5 s"), (600, "10 min"), (0.5, "0,5 s"), (0, "0 s"), (86400, "1 d"), (90000, "1 d 1 h")]
)
def test_words(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words

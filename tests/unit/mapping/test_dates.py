"""Dates in every form that a driver or a site may deliver, and no value in a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from include.fusion.errors import InvalidRecord, reason_of
from include.fusion.mapping import dates

BAHIA = ZoneInfo("America/Bahia")


@pytest.mark.parametrize(
    "valor",
    [
        datetime(2026, 3, 1, 10, 30),
        "2026-03-01 10:30:00.0000000",
        "2026-03-01T10:30",
        "01/03/2026 10:30",
        datetime(2026, 3, 1, 13, 30, tzinfo=UTC),
    ],
)
def test_a_moment_is_read_in_every_form(valor: Any) -> None:
    match = dates.date_time(valor, BAHIA, "inicio")
    assert match is not None
    assert match.isoformat() == "2026-03-01T10:30:00-03:00"


@pytest.mark.parametrize("valor", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59), datetime(1753, 1, 1), date.max, "0001-01-01"])
def test_placeholder_dates_are_refused_with_their_range(valor: Any) -> None:
    with pytest.raises(InvalidRecord, match="inicio: data fora do intervalo 1850 a 2200"):
        dates.date_time(valor, BAHIA, "inicio")


@pytest.mark.parametrize("valor", ["31/02/2026", "ontem", "2026-13-01", 20260101])
def test_what_is_no_date_is_refused_without_its_value(valor: Any) -> None:
    with pytest.raises(InvalidRecord) as error:
        dates.to_date(valor, "nascimento")
    assert reason_of(error.value) == "nascimento: data inválida"


def test_a_day_keeps_its_date_whatever_the_form() -> None:
    assert {dates.to_date(v, "d") for v in (date(2020, 2, 29), datetime(2020, 2, 29), "2020-02-29", "29/02/2020")} == {date(2020, 2, 29)}
    assert dates.to_date("  ", "d") is None

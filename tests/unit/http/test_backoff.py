"""The wait before a next try."""

from __future__ import annotations

import pytest

from include.fusion.http.backoff import wait_before


@pytest.mark.parametrize(("tries", "seconds"), [(0, 2), (1, 4), (2, 8), (7, 256), (8, 300), (5000, 300)])
def test_it_doubles_up_to_the_longest(tries: int, seconds: float) -> None:
    assert wait_before(tries, first=2, longest=300) == seconds


def test_another_factor_grows_otherwise() -> None:
    assert [wait_before(n, first=0.1, longest=30, factor=3) for n in range(3)] == pytest.approx([0.1, 0.3, 0.9])


def test_it_is_spread_by_its_share_and_no_more() -> None:
    found = {wait_before(1, first=5, longest=300, jitter=0.2) for _ in range(200)}
    assert len(found) > 100 and 8 <= min(found) < 9 and 11 < max(found) <= 12


@pytest.mark.parametrize(("asked", "seconds"), [(None, 4), (0, 4), (3, 4), (700, 700)])
def test_what_the_other_side_asks_for_wins_where_it_is_more(asked: float | None, seconds: float) -> None:
    assert wait_before(1, first=2, longest=300, asked=asked) == seconds

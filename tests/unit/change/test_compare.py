"""When a comparison is worth its price, and how blocks are read together."""

from __future__ import annotations

import time
from typing import Any

import pytest

from include.fusion.change.compare import BLOCK, Comparer
from include.fusion.change.version_scan import join
from include.fusion.reading.spec import Snapshot
from include.fusion.sistemas.sotech.system import SYSTEM

TABLE = Snapshot("t", "s.t")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    now = {"s": 100.0}
    monkeypatch.setattr(time, "monotonic", lambda: now["s"])
    return now


def compared(took: float = 0.1) -> Any:
    comparer = Comparer(None, None)  # type: ignore[arg-type]
    comparer._done["t"] = (7, 100.0, took)
    return comparer


def test_a_table_never_compared_is() -> None:
    assert Comparer(None, None).is_worth(TABLE, None)  # type: ignore[arg-type]


def test_a_still_counter_is_believed_for_ten_seconds(clock: dict[str, float]) -> None:
    clock["s"] = 109.9
    assert not compared().is_worth(TABLE, 7)
    clock["s"] = 110.0
    assert compared().is_worth(TABLE, 7)


def test_a_moved_counter_is_a_reason_at_once(clock: dict[str, float]) -> None:
    clock["s"] = 100.5
    assert compared().is_worth(TABLE, 8)


def test_a_slow_table_rests_even_where_its_counter_moves_all_the_time(clock: dict[str, float]) -> None:
    clock["s"] = 107.9
    assert not compared(took=2).is_worth(TABLE, 8)
    clock["s"] = 108.0
    assert compared(took=2).is_worth(TABLE, 8)


def test_comparing_by_time_alone_takes_a_twentieth_of_it(clock: dict[str, float]) -> None:
    clock["s"] = 137.9
    assert not compared(took=2).is_worth(TABLE, 7)


def test_blocks_are_read_together_where_one_range_holds_them() -> None:
    assert list(join([1, 2, 3, 9, 10, 500], 3)) == [[1, 2, 3], [9, 10], [500]]
    assert list(join([], 3)) == []


def test_no_sum_of_a_block_overflows() -> None:
    highest = (2**31 * 2 + 2) * 1_000_003
    assert highest < 2**54 and highest * BLOCK < 2**63


def test_the_records_come_last() -> None:
    assert [r.principal for r in sorted(SYSTEM.snapshots, key=lambda r: r.principal)].index(True) == len(SYSTEM.snapshots) - 1

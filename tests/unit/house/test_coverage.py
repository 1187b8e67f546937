"""The table of what the tests run: rooms, shares, and the limit below which a run fails."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import pytest

from tests import coverage


def seen(ran: int, missed: int, branches: int = 0) -> dict[str, Any]:
    """A file with so many lines, and branches of which none ran."""
    return {
        "executed_lines": list(range(ran)),
        "missing_lines": list(range(ran, ran + missed)),
        "executed_branches": [],
        "missing_branches": [[n, n + 1] for n in range(branches)],
    }


@pytest.mark.parametrize(
    ("file", "room"),
    [
        ("include/fusion/store/filas/fila.py", "store"),
        ("include/fusion/sistemas/mv/system.py", "sistemas/mv"),
        ("include/fusion/errors.py", "fusion"),
        ("plugins/fusion_airflow/hooks/iris.py", "plugins/hooks"),
        ("plugins/fusion_airflow/retry.py", "plugins"),
    ],
)
def test_a_file_belongs_to_a_room(file: str, room: str) -> None:
    assert coverage.room_of(PurePath(file)) == room


def test_a_room_names_the_file_that_ran_least_and_branches_count_as_lines_do() -> None:
    files = {
        "include/fusion/store/ledger.py": seen(9, 1),
        "include/fusion/store/locks.py": seen(5, 0, branches=5),
        "include/fusion/http/client.py": seen(20, 0),
        "include/fusion/store/__init__.py": seen(0, 0),
    }
    rows, share = coverage.table(files)
    assert [row.split() for row in rows[1:3]] == [
        ["http", "20", "0", "100.0", "%"],
        ["store", "15", "5", "70.0", "%", "locks.py", "50", "%"],
    ]
    assert share == 100 * 34 / 40 and rows[-1].split()[:3] == ["all", "35", "5"]

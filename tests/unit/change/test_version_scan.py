"""What a row of the records' own table means for its record."""

from __future__ import annotations

import pytest

from include.fusion.change.version_scan import RowState, _of_record

ACTIVE, INACTIVE = ["v", 1, "7", "3"], ["w", 0, "7", "3"]


@pytest.mark.parametrize(
    ("before", "after", "operation"),
    [
        (None, ACTIVE, "inclusao"),
        (["u", 1, "7", "3"], ACTIVE, "alteracao"),
        (ACTIVE, INACTIVE, "exclusao"),
        (None, INACTIVE, "exclusao"),
        (ACTIVE, None, "exclusao"),
    ],
    ids=["new", "changed", "made inactive", "inactive from the start", "gone"],
)
def test_a_record_that_is_inactive_or_gone_is_cancelled(before: RowState | None, after: RowState | None, operation: str) -> None:
    item = _of_record(before, after)
    assert (item.chave, item.chave_paciente, item.operacao) == ("7", "3", operation)

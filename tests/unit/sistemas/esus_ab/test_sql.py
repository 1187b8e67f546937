"""What only the PEC's SQL must say."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.esus_ab.system import SYSTEM

FILES = sorted((sql_folder("esus_ab")).glob("*.sql"))
DETAILS = sorted({file for d in SYSTEM.details for file, _ in d.files})


@pytest.mark.parametrize("file", [d for d in DETAILS if not d.startswith(("read_atendimento", "read_responsavel"))])
def test_cancelled_work_is_left_out_without_losing_the_nulls(file: Path) -> None:
    assert "f.st_cancelado IS DISTINCT FROM 1" in (sql_folder("esus_ab") / file).read_text(encoding="utf-8")


def test_no_join_uses_a_key_that_lotacao_does_not_have() -> None:
    assert not [a.name for a in FILES if "co_seq_lotacao" in a.read_text(encoding="utf-8")]

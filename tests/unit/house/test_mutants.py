"""The list of mutants fits the code, and every standard case has one that it must notice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from include.fusion.settings.registry import systems
from tests.conformance import SystemSuite
from tests.mutants.catalog import ROOT, Mutant, mutants

LEAST = 30
CASES = {name.removeprefix("test_") for name in dir(SystemSuite) if name.startswith("test_")}


@pytest.mark.parametrize("mutant", mutants(), ids=lambda m: m.name)
def test_a_mutant_changes_one_place_and_leaves_python_readable(mutant: Mutant, tmp_path: Path) -> None:
    copy = tmp_path / mutant.file
    copy.parent.mkdir(parents=True)
    before = (ROOT / mutant.file).read_text(encoding="utf-8")
    copy.write_text(before, encoding="utf-8")
    assert mutant.apply(tmp_path) == before
    after = copy.read_text(encoding="utf-8")
    assert after != before
    if copy.suffix == ".py":
        compile(after, mutant.file, "exec")


def test_a_text_that_moved_on_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\nx = 1\n", encoding="utf-8")
    for old in ("x = 1", "y"):
        with pytest.raises(ValueError, match="not once"):
            Mutant("m", "a.py", old, "", "").apply(tmp_path)


def test_there_are_enough_with_names_of_their_own() -> None:
    assert len(mutants()) >= LEAST
    assert [name for name, count in Counter(m.name for m in mutants()).items() if count > 1] == []


def test_every_standard_case_must_notice_one() -> None:
    assert CASES - {m.case for m in mutants()} == set()
    assert {m.case for m in mutants()} - CASES <= {""}
    assert {m.system for m in mutants()} <= {"", *systems()}
    assert [m.name for m in mutants() if m.case and not m.system] == []

"""One changed attendance passes few rooms, and those that ``docs/ARCHITECTURE.md`` shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.postgres import Postgres
from tests import ROOT
from tests.harness import Harness
from tests.trace import ROOMS_MAX, trace

PAGE = ROOT / "docs" / "ARCHITECTURE.md"


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Path) -> Iterator[Harness]:
    harness = Harness(postgres, tmp_path, "consulfarma", 20)
    yield harness
    harness.close()


def test_a_changed_attendance_passes_the_rooms_that_the_page_shows(harness: Harness) -> None:
    rooms = list(trace(harness).rooms)
    assert len(rooms) <= ROOMS_MAX
    assert rooms == re.findall(r"^ +\d+  (\S+) +\d+  ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

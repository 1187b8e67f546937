"""``make status``: names and ages in place of numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.stack.situacao import age, installations
from tests import SETTINGS


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, "há 0 s"), (0.4, "há 0 s"), (59.9, "há 59 s"), (60, "há 1 min"), (200, "há 3 min"), (3600, "há 1 h"), (86_399, "há 23 h"), (172_800, "há 2 d")],
)  # fmt: skip
def test_an_age_is_said_in_one_unit(seconds: float, expected: str) -> None:
    assert age(seconds) == expected


def test_every_number_of_an_installation_has_its_name() -> None:
    names = installations(str(SETTINGS))
    assert (names[12], names[65], names[44]) == ("Consulfarma", "e-SUS AB", "Skymed")


def test_settings_that_are_gone_have_no_names(tmp_path: Path) -> None:
    assert installations(str(tmp_path / "integracoes.yaml")) == {}

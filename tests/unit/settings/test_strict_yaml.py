"""What stands in a settings file is what was meant: few scalars are anything but text, and a code table has none that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings.strict_yaml import read_yaml

NUMBERS = {"0": 0, "-7": -7, "12345678901234567890": 12345678901234567890, "0.5": 0.5, "-1.25": -1.25}
TEXTS = ("01", "0o17", "0x1F", "1_000", "1e3", ".5", ".inf", "23:00:05", "2026-01-31", "NO", "yes", "True", "on", "=", "NaN")


def read(folder: Path, text: str, **options: Any) -> Any:
    file = folder / "a.yaml"
    file.write_text(f"v: {text}\n", encoding="utf-8")
    return read_yaml(file, **options)["v"]


@pytest.mark.parametrize(("text", "value"), [*NUMBERS.items(), ("true", True), ("false", False), ("null", None), ("~", None), ("", None)])
def test_what_is_no_text(tmp_path: Path, text: str, value: Any) -> None:
    found = read(tmp_path, text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("text", TEXTS)
def test_everything_else_is_text(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == text


@pytest.mark.parametrize("text", [*NUMBERS, *TEXTS, "true", "false"])
def test_a_code_table_has_texts_alone(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text, text_only=True) == text


def test_a_repeated_key_does_not_repeat_its_values(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration) as error:
        read(tmp_path, "{senha: segredo1, senha: segredo2}")
    assert "line 1" in str(error.value) and "segredo" not in str(error.value)

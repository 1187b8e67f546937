"""What holds for every source system, whatever it reads."""

from __future__ import annotations

import importlib

import pytest

from include.fusion.settings.registry import systems


@pytest.mark.parametrize("nome", systems())
def test_a_stored_key_of_every_origin_becomes_what_its_column_compares_with(nome: str) -> None:
    system = importlib.import_module(f"include.fusion.sistemas.{nome}.system").SYSTEM
    assert [str(system.key_of(origin, "7")) for origin in system.origins] == ["7"] * len(system.origins)

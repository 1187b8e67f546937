"""A system is its folder: general rooms and plugins name no vendor, so that one is added or removed without touching them."""

from __future__ import annotations

from include.fusion.settings.registry import systems
from sandbox.scaffold.names import uses
from tests import ROOT

# What a message is stamped with where the settings say nothing; a stored default of released settings, not a case of code.
ALLOWED = {("include/fusion/hl7/build/profile.py", "TRACKCARE")}


def test_general_code_names_no_system() -> None:
    assert set(uses(systems(), ROOT)) - ALLOWED == set()

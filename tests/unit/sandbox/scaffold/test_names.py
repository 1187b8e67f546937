"""Names that a new system may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.scaffold.names import uses, wrong_name
from tests import ROOT


@pytest.mark.parametrize("name", ["homecare", "home_care", "vida2"])
def test_a_product_that_is_not_here_yet_may_come(name: str) -> None:
    assert wrong_name(name, ROOT) == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "no name for a system"),
        ("x", "no name for a system"),
        ("Home", "no name for a system"),
        ("2care", "no name for a system"),
        ("home-care", "no name for a system"),
        ("a" * 31, "no name for a system"),
        ("../mv", "no name for a system"),
        ("import", "a word of Python's or SQL's own"),
        ("order", "a word of Python's or SQL's own"),
        ("select", "a word of Python's or SQL's own"),
        ("pg_care", "a word of Python's or SQL's own"),
        ("mv", "exists already: include/fusion/sistemas/mv"),
        ("fhir_push", "exists already: dags/fhir_push.py"),
        ("plataforma", "exists already: sandbox/origens/plataforma"),
        ("base", "exists already: sandbox/origens/base.py"),
        ("simulador", "the name of another database"),
        ("esus", "the name of another database"),
        ("ledger", "stands in general code"),
    ],
)
def test_any_other_is_refused_in_one_sentence(name: str, reason: str) -> None:
    found = wrong_name(name, ROOT)
    assert reason in found and repr(name) in found and "\n" not in found


def test_code_of_engine_and_plugins_is_searched_and_neither_docstrings_nor_the_systems_own_folders(tmp_path: Path) -> None:
    files = {
        "include/fusion/sistemas/acme/system.py": "acme = 1",
        "include/fusion/store/ledger.py": '"""Of Acme, too."""\nname = "for acme"',
        "plugins/p.py": "class AcmeHook:\n    'Acme'\n    macmea = 1",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert set(uses(["acme"], tmp_path)) == {("include/fusion/store/ledger.py", "acme"), ("plugins/p.py", "Acme")}

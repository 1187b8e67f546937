"""A system comes and goes with its folders: no general file is edited."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from include.fusion.settings.registry import systems
from tests import ROOT

SYSTEMS, SOURCES = "include/fusion/sistemas", "sandbox/origens"
QUESTION = """
from include.fusion.settings.legacy.services import LEGACY, guess
from include.fusion.settings.registry import settings_class, systems
from include.fusion.wiring.systems import system_named
from sandbox.sources import sources
for name in systems():
    assert system_named(name).nome == name and settings_class(name) is not None
print(*systems(), "|", *sources(), "|", *LEGACY, "|", guess({"AcmeWorker"}), guess({"SkymedSettings"}), guess({"TasyWorker"}))
"""


def _copy(checkout: Path, folder: str) -> None:
    """A copy of a system's folder (or file) that says another name wherever the first said its own."""
    target = checkout / folder.replace("tasy", "acme")
    (shutil.copytree if (checkout / folder).is_dir() else shutil.copy)(checkout / folder, target)
    for file in [target, *target.rglob("*")]:
        if file.suffix in (".py", ".sql", ".toml", ".yaml"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("tasy", "acme").replace("Tasy", "Acme").replace("TASY", "ACME"), encoding="utf-8")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository with a system more (a copy of one) and a system less."""
    folder = tmp_path_factory.mktemp("checkout")
    unread = shutil.ignore_patterns("__pycache__", "bench", "e2e", "node_modules")
    for name in ("include", "plugins", "sandbox", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=unread)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in (f"{SYSTEMS}/tasy", f"{SOURCES}/tasy", "tests/systems/tasy.toml"):
        _copy(folder, name)
    for name in (f"{SYSTEMS}/skymed", f"{SOURCES}/skymed"):
        shutil.rmtree(folder / name)
    (folder / "tests/systems/skymed.toml").unlink()
    return folder


def _python(checkout: Path, *arguments: str) -> str:
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join((str(checkout), str(checkout / "plugins")))}
    done = subprocess.run([sys.executable, *arguments], cwd=checkout, env=paths, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_everybody_who_asks_for_the_systems_finds_the_one_and_misses_the_other(checkout: Path) -> None:
    found, sources, legacy, guessed = (part.split() for part in _python(checkout, "-c", QUESTION).split("|"))
    expected = sorted({*systems(), "acme"} - {"skymed"})
    assert found == expected
    assert set(expected) <= set(sources) and "skymed" not in sources
    assert legacy == [name for name in expected if name != "fusion_service"]
    assert guessed == ["acme", "None", "tasy"]


def test_what_is_asked_of_every_system_holds_there(checkout: Path) -> None:
    tests = ("tests/unit/house/test_system_keys.py", "tests/unit/house/test_no_vendor_named.py", "tests/unit/house/test_system_sql.py::test_every_file_is_used_and_takes_the_binds_that_the_engine_gives")  # fmt: skip
    assert "passed" in _python(checkout, "-m", "pytest", "-p", "no:cacheprovider", *tests)


def test_the_import_contracts_know_it(checkout: Path) -> None:
    (checkout / SYSTEMS / "acme" / "other.py").write_text("from include.fusion.sistemas.mv.patient import profissional\n", encoding="utf-8")
    lint = "from importlinter.cli import lint_imports_command as c; c()"
    with pytest.raises(AssertionError, match=r"include.fusion.sistemas.acme.* not allowed to import\s+include.fusion.sistemas.mv"):
        _python(checkout, "-c", lint, "--no-cache")

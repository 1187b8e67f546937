"""What ``make new-system`` writes, in a copy of this repository: it is what the house asks of every system, and its records reach Fusion."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sandbox.scaffold.entries import CONNECTIONS, EXAMPLES, TESTS
from tests import ROOT

NAMES = ("homecare", "casa")
"""The one of the scaffold's own example of tables, the other of a product that is otherwise in every way."""
DAGS = (
    "import pathlib, sys; from tests.dags.dag_files import read_dags;"
    " b = read_dags(pathlib.Path(sys.argv[1])); print(b.import_errors, *b.dags)"
)


def _run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {"FUSION_SETTINGS": str(checkout / TESTS)}
    paths = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join((str(checkout), str(checkout / "plugins")))}
    return subprocess.run([sys.executable, *arguments], cwd=checkout, env=paths, capture_output=True, text=True, check=False)


def _python(checkout: Path, *arguments: str) -> str:
    done = _run(checkout, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _pytest(checkout: Path, *arguments: str) -> str:
    return _python(checkout, "-m", "pytest", "-p", "no:cacheprovider", *arguments)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("include", "plugins", "sandbox", "tests", "dags", "examples", "docker"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "bench", "e2e"))
    for name in ("pyproject.toml", "docker-compose.yaml"):
        shutil.copy(ROOT / name, folder)
    said = _python(folder, "-m", "sandbox.scaffold", "homecare")
    assert "include/fusion/sistemas/homecare/system.py" in said
    _python(folder, "-m", "sandbox.scaffold", "casa", "--tables", str(Path(__file__).with_name("casa.toml")))
    return folder


def test_its_dags_load_beside_all_others(checkout: Path, tmp_path: Path) -> None:
    errors, *dags = _python(checkout, "-c", DAGS, str(tmp_path)).splitlines()[-1].split()
    assert errors == "{}" and {*NAMES, "consulfarma"} <= set(dags)


def test_what_is_asked_of_every_system_and_every_dag_holds(checkout: Path) -> None:
    asked = ("test_system_sql.py", "test_system_readmes.py", "test_system_keys.py", "test_no_vendor_named.py", "test_compose.py")
    files = [f"tests/unit/house/{name}" for name in asked]
    assert "passed" in _pytest(
        checkout, *files, "tests/unit/model/test_depara.py", "-k", f"{' or '.join(NAMES)} or vendor or example_connections"
    )
    assert "passed" in _pytest(checkout, "tests/dags/test_policy.py", "-k", "one of each system")


def test_settings_and_codes_are_valid(checkout: Path) -> None:
    for file in (EXAMPLES, TESTS):
        said = _python(checkout, "-m", "include.fusion", "settings", "validar", file)
        assert all(name in said for name in NAMES)
    assert all(f"{name}/depara.yaml" in _python(checkout, "-m", "include.fusion", "depara", "validar") for name in NAMES)


def test_what_was_in_general_files_stays_as_it_was_and_numbers_are_free(checkout: Path) -> None:
    for file in (EXAMPLES, TESTS, CONNECTIONS):
        assert (checkout / file).read_text(encoding="utf-8").startswith((ROOT / file).read_text(encoding="utf-8"))
    numbers = [entry["IntegracaoID"] for entry in yaml.safe_load((checkout / EXAMPLES).read_text(encoding="utf-8"))["integracoes"]]
    assert len(numbers) == len(set(numbers))


def test_it_is_written_as_the_house_writes(checkout: Path) -> None:
    for options in (("check",), ("format", "--check")):
        _python(checkout, "-m", "ruff", *options, "include", "sandbox", "dags", "tests")
    contracts = "from importlinter.cli import lint_imports_command as c; c()"
    _python(checkout, "-c", contracts, "--no-cache")


def test_the_page_names_what_is_written(checkout: Path) -> None:
    page = (ROOT / "docs" / "nova-integracao.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE))
    assert "dags/<sistema>.py" in told
    assert [path for path in told if "/" in path and not (checkout / path.replace("<sistema>", "casa")).exists()] == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("homecare",), "'homecare' exists already: include/fusion/sistemas/homecare"),
        (("Outro",), "'Outro' is no name for a system"),
        (("homelife", "--tables", "nada.toml"), "nada.toml: cannot be read"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_nothing_is_written(checkout: Path, arguments: tuple[str, ...], complaint: str) -> None:
    before = sorted(checkout.rglob("*.sql"))
    done = _run(checkout, "-m", "sandbox.scaffold", *arguments)
    assert (done.returncode, done.stdout) == (2, "") and complaint in done.stderr and "Traceback" not in done.stderr
    assert sorted(checkout.rglob("*.sql")) == before


def test_every_standard_case_holds_for_the_one(checkout: Path) -> None:
    said = _pytest(checkout, "tests/conformance/test_casa.py")
    assert "passed" in said and "does not apply" not in said


def test_the_other_ones_records_reach_fusion_or_stay_with_a_reason(checkout: Path) -> None:
    assert "2 passed" in _pytest(checkout, "tests/conformance/test_homecare.py", "-k", "change_arrives or refused_stays")

"""The system that ``docs/nova-integracao.md`` makes up, taken from the page as it stands, works in a copy of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

PAGE = ROOT / "docs" / "nova-integracao.md"
SYSTEM = "include/fusion/sistemas/exemplo"
DAGS = "import pathlib, sys; from tests.dags.dag_files import read_dags; b = read_dags(pathlib.Path(sys.argv[1])); print(b.import_errors, *b.dags)"


def said() -> dict[str, str]:
    """File → what the page puts into it: a block of code belongs to the last file that a paragraph before it begins with."""
    files: dict[str, str] = {}
    name = ""
    for part in re.split(r"(^```\w+\n.*?^```$)", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL):
        if part.startswith("```"):
            files[name] = part.split("\n", 1)[1].removesuffix("```")
        elif starts := re.findall(r"(?:\A|\n)\n`([\w./-]+\.\w+)`", part):
            name = starts[-1] if "/" in starts[-1] else f"{SYSTEM}/sql/{starts[-1]}"
    return files


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("include", "plugins", "sandbox", "tests", "dags"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "bench", "e2e"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    files = said()
    probe = files[f"{SYSTEM}/sql/probe_atendimento.sql"]
    files |= {f"{SYSTEM}/sql/probe_{name}.sql": probe.replace("exemplo.atendimento", f"exemplo.{name}") for name in ("paciente", "alergia")}
    settings = "tests/fixtures/settings/integracoes.yaml"
    files[settings] = (folder / settings).read_text(encoding="utf-8") + "\n" + files.pop("include/settings/integracoes.yaml")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _python(checkout: Path, *arguments: str) -> str:
    settings = {"FUSION_SETTINGS": str(checkout / "tests/fixtures/settings/integracoes.yaml")}
    paths = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join((str(checkout), str(checkout / "plugins")))}
    done = subprocess.run([sys.executable, *arguments], cwd=checkout, env=paths, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_dag_loads_beside_all_others(checkout: Path, tmp_path: Path) -> None:
    errors, *dags = _python(checkout, "-c", DAGS, str(tmp_path)).splitlines()[-1].split()
    assert errors == "{}" and {"exemplo", "consulfarma"} <= set(dags)


def test_what_is_asked_of_every_system_holds(checkout: Path) -> None:
    tests = ("tests/unit/house/test_system_sql.py", "tests/unit/house/test_system_readmes.py", "tests/unit/house/test_system_keys.py")
    assert "passed" in _python(checkout, "-m", "pytest", "-p", "no:cacheprovider", *tests)


def test_settings_and_codes_are_valid(checkout: Path) -> None:
    assert "exemplo" in _python(checkout, "-m", "include.fusion", "settings", "validar")
    assert "exemplo" in _python(checkout, "-m", "include.fusion", "depara", "validar")


def test_its_records_reach_fusion(checkout: Path) -> None:
    assert "1 passed" in _python(checkout, "-m", "pytest", "-p", "no:cacheprovider", "tests/integration/sistemas/exemplo/test_system.py")

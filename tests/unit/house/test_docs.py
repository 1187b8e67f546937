"""Pages name what exists: links, paths of this repository, commands, make targets; what checks that in ``make lint`` notices what is wrong."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.fusion.__main__ import COMMANDS
from include.fusion.settings import Integracao
from tests import ROOT

PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "include/**/README.md", "sandbox/**/README.md", "plugins/**/*.md")
    for page in ROOT.glob(pattern)
    if "node_modules" not in page.parts
)
PATH = re.compile(r"`((?:include|docs|plugins|dags|examples|sandbox|tests|config|docker|\.ci)/[^`\s]*)`")
IN_ENGINE = re.compile(r"`((?:store|settings|http|model|mapping|hl7|fhir|reading|change|delivery|sistemas|wiring|cli)/[^`\s]*)`")
MADE = re.compile(r"exemplo|<|…|include/settings/(integracoes\.yaml|depara/)|docker/conexoes\.env$")
"""The guide's made-up system, names with a gap, files that a site adds."""
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def _missing(page: Path, found: re.Pattern[str], folder: Path) -> list[str]:
    names = [name for name in found.findall(page.read_text(encoding="utf-8")) if not MADE.search(name)]
    return [name for name in names if not list(folder.glob(name.rstrip("/"))) and not (folder / name).exists()]


@pytest.fixture
def ci(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives a module of ``.ci``, as the scripts there find one another."""
    monkeypatch.syspath_prepend(ROOT / ".ci")
    return importlib.import_module


def test_every_link_leads_to_a_file_and_a_heading(ci: Any) -> None:
    assert ci("links").broken(ROOT) == []


def test_a_link_that_leads_nowhere_is_told(ci: Any, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# Um `só` título!\n## De novo\n## De novo\n[x](#um-só-título) [x](#de-novo-1) [x](b.md) [x](b.md#b) [x](#outro) [x](c.md)"
        " [x](https://example.org/none) `[x](d.md)`\n```\n[x](e.md)\n# no-heading\n```\n[x](../f.md)\n[x](#no-heading)\n"
    )
    (tmp_path / "b.md").write_text("# A\n")
    assert ci("links").broken(tmp_path) == [
        "a.md: b.md#b: no such heading",
        "a.md: #outro: no such heading",
        "a.md: c.md: no such file",
        "a.md: ../f.md: no such file",
        "a.md: #no-heading: no such heading",
    ]


@every_page
def test_files_that_are_named_exist(page: Path) -> None:
    # The changelog tells of files that were.
    assert page.name == "CHANGELOG.md" or _missing(page, PATH, ROOT) == []


@every_page
def test_what_is_named_below_the_engine_exists(page: Path) -> None:
    """Pages call ``include/fusion/store/ledger.py`` ``store/ledger.py``, too."""
    assert page.name == "CHANGELOG.md" or _missing(page, IN_ENGINE, ROOT / "include" / "fusion") == []


@every_page
def test_commands_are_todays(page: Path) -> None:
    text = page.read_text(encoding="utf-8").partition("## 0.")[0]  # A changelog's versions tell of those that were.
    assert set(re.findall(r"python -m include\.fusion ([\w-]+)", text)) <= set(COMMANDS)
    assert not re.search(r"python -m include\.fusion\.(?!migracoes)", text)


@every_page
def test_make_targets_are_todays(page: Path) -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))) <= made


def test_a_stale_page_is_told_by_its_lines(ci: Any) -> None:
    text = (ROOT / "DAGS.md").read_text(encoding="utf-8")
    assert ci("docs").difference("DAGS.md", text) == []
    assert "+# As outras DAGs" in ci("docs").difference("DAGS.md", text.replace("# As DAGs", "# As outras DAGs"))


def test_a_setting_without_a_description_fails(ci: Any) -> None:
    class Bare(Integracao):
        nova: int = 1

    with pytest.raises(SystemExit, match=r"Bare\.nova has no description"):
        ci("docs_settings")._system("mv", Bare)


def test_the_readme_fits_on_two_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90


def test_each_journey_is_a_path_through_files() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    journeys = text.partition("## Five journeys")[2].partition("\n## ")[0].split("\n### ")[1:]
    steps = {journey.splitlines()[0]: re.findall(r"^\d+\. .*$", journey, re.MULTILINE) for journey in journeys}
    assert list(steps) == ["A change", "A refusal", "A replay", "An observation", "A settings value"]
    assert [step for found in steps.values() for step in found if not PATH.search(step)] == []
    assert all(5 <= len(found) <= 6 for found in steps.values())


def test_the_example_workflow_runs_what_is_there_for_every_python_that_is_named() -> None:
    job = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]["all"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    scripts = [step["run"].split()[-1] for step in job["steps"] if "run" in step]
    assert scripts and all((ROOT / script).is_file() for script in scripts)


def test_hooks_call_tools_of_the_checkout() -> None:
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    for hook in repo["hooks"]:
        python, *rest = hook["entry"].split()
        assert python == ".venv/bin/python" and (rest[0] == "-m" or (ROOT / rest[0]).is_file())

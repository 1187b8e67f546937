"""Pages name files that exist: relative links, paths of this repository, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from include.fusion.__main__ import COMMANDS
from tests import ROOT

PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "include/**/README.md", "sandbox/**/README.md", "plugins/**/*.md")
    for page in ROOT.glob(pattern)
    if "node_modules" not in page.parts
)
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")
PATH = re.compile(r"`((?:include|docs|plugins|dags|examples|sandbox|tests|config|docker|\.ci)/[^`\s]*)`")
IN_ENGINE = re.compile(r"`((?:store|settings|http|model|mapping|hl7|fhir|reading|change|delivery|sistemas|wiring|cli)/[^`\s]*)`")
MADE = re.compile(r"exemplo|<|…|include/settings/(integracoes\.yaml|depara/)")
"""The guide's made-up system, names with a gap, files that a site adds."""
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def _missing(page: Path, found: re.Pattern[str], folder: Path) -> list[str]:
    names = [name for name in found.findall(page.read_text(encoding="utf-8")) if not MADE.search(name)]
    return [name for name in names if not list(folder.glob(name.rstrip("/"))) and not (folder / name).exists()]


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    assert _missing(page, LINK, page.parent) == []


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

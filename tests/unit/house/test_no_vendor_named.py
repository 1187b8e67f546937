"""A system is its folder: general rooms and plugins name no vendor, so that one is added or removed without touching them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from include.fusion.settings.registry import SYSTEMS_FOLDER, systems
from tests import ROOT

# What a message is stamped with where the settings say nothing; a stored default of released settings, not a case of code.
ALLOWED = {("include/fusion/hl7/build/profile.py", "TRACKCARE")}
# A word, or a part of one that begins with a capital; two letters are a word of their own only.
NAMES = re.compile(
    "|".join(
        rf"(?i:\b{name}\b|(?<![a-z]){name}(?=_))" if len(name) < 4 else rf"(?:(?<![A-Za-z])|(?=[A-Z]))(?i:{name})" for name in systems()
    )
)


def _general_files() -> Iterator[Path]:
    for folder in (ROOT / "include" / "fusion", ROOT / "plugins"):
        yield from (f for f in sorted(folder.rglob("*.py")) if SYSTEMS_FOLDER not in f.parents)


def _docstrings(tree: ast.AST) -> set[int]:
    """Nodes that are texts for readers: a statement that is nothing but a string."""
    return {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}


def _named(file: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    texts = _docstrings(tree)
    for node in ast.walk(tree):
        words = [v for v in vars(node).values() if isinstance(v, str)] if id(node) not in texts else []
        for found in {m for word in words for m in NAMES.findall(word)}:
            yield str(file.relative_to(ROOT)), found


def test_general_code_names_no_system() -> None:
    assert {named for file in _general_files() for named in _named(file)} - ALLOWED == set()

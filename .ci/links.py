"""Whether every relative link of every page leads to a file, and its anchor to a heading of that page."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import unquote

from docs_markdown import anchors, links

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = {".venv", "node_modules", ".sandbox", ".demo", ".bench", ".pytest_cache", ".hypothesis"}
"""Folders with pages that are not this repository's."""


def pages(root: Path) -> list[Path]:
    return sorted(page for page in root.rglob("*.md") if not ELSEWHERE & {*page.relative_to(root).parts})


def broken(root: Path) -> list[str]:
    """One line for each link that leads nowhere."""
    found = []
    for page in pages(root):
        for path, anchor in links(page.read_text(encoding="utf-8")):
            target = (page.parent / unquote(path)).resolve() if path else page
            name = f"{page.relative_to(root)}: {path}{'#' if anchor else ''}{anchor}"
            if not target.exists():
                found.append(f"{name}: no such file")
            elif not target.is_relative_to(root):
                found.append(f"{name}: outside the repository")
            elif anchor and target.suffix == ".md" and unquote(anchor) not in anchors(target.read_text(encoding="utf-8")):
                found.append(f"{name}: no such heading")
    return found


if __name__ == "__main__":
    if complaints := broken(ROOT):
        print("\n".join(complaints))
        sys.exit(1)

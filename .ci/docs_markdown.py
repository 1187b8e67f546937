"""What the pages have in common: tables, anchors as GitHub makes them, links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_REMOTE = re.compile(r"[a-z][a-z+.-]*:")


class Link(NamedTuple):
    """Where a link of a page leads; an empty ``path`` is the page itself."""

    path: str
    anchor: str


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table; a bar in a cell stays a bar."""
    cells = [head, ["---"] * len(head), *([c.replace("|", "\\|") for c in row] for row in rows)]
    return [f"| {' | '.join(row)} |" for row in cells]


def anchor(heading: str) -> str:
    """GitHub's anchor of a heading that no other heading of its page equals."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def anchors(page: str) -> set[str]:
    """Anchors of all headings; of equal ones the second ends in ``-1``, and so on."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", page)):
        name = anchor(heading)
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def links(page: str) -> list[Link]:
    """Links that are not to other servers; text in code is none."""
    targets = _LINK.findall(_CODE.sub("``", _FENCE.sub("", page)))
    return [Link(*target.partition("#")[::2]) for target in targets if not _REMOTE.match(target)]

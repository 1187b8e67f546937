"""Whether a name may be a new system's."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.dialects.mssql import base as mssql
from sqlalchemy.dialects.oracle import base as oracle
from sqlalchemy.dialects.postgresql import base as postgresql

from sandbox.sources import sources
from sandbox.stack.ambiente import OWN

LONGEST = 30
"""Characters: of Oracle's identifiers."""
_SQL = frozenset(
    word.lower() for words in (mssql.RESERVED_WORDS, oracle.RESERVED_WORDS, postgresql.RESERVED_WORDS, {"postgres"}) for word in words
)


def wrong_name(name: str, root: Path) -> str:
    """Why this checkout can have no system of that name, in one sentence; empty when it can."""
    if not re.fullmatch(rf"[a-z][a-z0-9_]{{1,{LONGEST - 1}}}", name):
        return f"{name!r} is no name for a system: 2 to {LONGEST} lower-case letters, digits and _, a letter first, such as homecare"
    if keyword.iskeyword(name) or name in _SQL or name.startswith("pg_"):
        return f"{name!r} is a word of Python's or SQL's own: a module, a schema and a database are called like the system"
    taken = (f"include/fusion/sistemas/{name}", f"dags/{name}.py", f"sandbox/origens/{name}", f"sandbox/origens/{name}.py")
    if there := next((path for path in taken if (root / path).exists()), None):
        return f"{name!r} exists already: {there}"
    if name in OWN or name in {source.database for source in sources().values()}:
        return f"{name!r} is the name of another database of the sandbox"
    if used := next(uses([name], root), None):
        return f"{name!r} stands in general code, which names no system ({used[0]}: {used[1]}): take the product's full name"
    return ""


def uses(systems: Iterable[str], root: Path) -> Iterator[tuple[str, str]]:
    """Where engine and plugins, outside the systems' own folders, say one of these names in code: (file, word). Docstrings do not count."""
    # A word, or a part of one that begins with a capital; two or three letters are a word of their own only.
    names = re.compile(
        "|".join(
            rf"(?i:\b{name}\b|(?<![a-z]){name}(?=_))" if len(name) < 4 else rf"(?:(?<![A-Za-z])|(?=[A-Z]))(?i:{name})" for name in systems
        )
    )
    own = root / "include" / "fusion" / "sistemas"
    for folder in (root / "include" / "fusion", root / "plugins"):
        for file in sorted(folder.rglob("*.py")):
            if own not in file.parents:
                yield from ((str(file.relative_to(root)), word) for word in _words(file, names))


def _words(file: Path, names: re.Pattern[str]) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    texts = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    said = (value for node in ast.walk(tree) if id(node) not in texts for value in vars(node).values() if isinstance(value, str))
    return {match for value in said for match in names.findall(value)}

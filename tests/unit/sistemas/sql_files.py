"""SQL files as a parser takes them."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import sqlglot
from sqlglot import exp

from tests import ROOT

Part = TypeVar("Part", bound=exp.Expr)


def code(file: Path) -> str:
    """The statement without comments, a literal for each bind, as the drivers send it."""
    sql = re.sub(r"IN :\w+", "IN (1, 2)", re.sub("--.*", "", file.read_text(encoding="utf-8")))
    return re.sub(r"(?<!:):(\w+)", lambda m: "10" if m[1] == "limite" else "DATE '2026-01-01'" if m[1] == "desde" else "1", sql)


def first(query: exp.Expr, kind: type[Part]) -> Part:
    """The first part of that kind. :raises AssertionError: there is none."""
    part = query.find(kind)
    assert part is not None, (kind, query)
    return part


def found(pattern: str, text: str) -> re.Match[str]:
    """Where ``pattern`` first stands in ``text``; cases are alike, and a dot is any character. :raises AssertionError: nowhere."""
    match = re.search(pattern, text, re.IGNORECASE | re.DOTALL)
    assert match is not None, pattern
    return match


def query(file: Path, dialect: str) -> exp.Query:
    """The file's only statement, which reads."""
    parsed = sqlglot.parse_one(code(file), dialect=dialect)
    assert isinstance(parsed, exp.Query), file
    return parsed


SYSTEMS = ROOT / "tests" / "systems"
_ORACLE = r"|''|\b(DECODE|ROWNUM|DUAL|SYSDATE|TRUNC|TO_DATE|TO_CHAR|EXCEPT|MINUS|NVL2|AS (?=DATE))\b|\(\+\)|\b(FROM|JOIN) \S+ AS\b"


@dataclass(frozen=True)
class Facts:
    """What tests must know of a system's SQL: ``tests/systems/<system>.toml``, where it is not the usual."""

    schemas: frozenset[str]
    """Where its tables are; in the schema of its name where nothing is said."""
    dialects: tuple[str, ...] = ("oracle", "postgres")
    """Engines of its statements."""
    product: str = ""
    """What a file's first line begins with, besides being a comment."""
    forbidden: str = _ORACLE
    """What not all of its engines read alike, as an alternative of a regular expression."""
    own_binds: Mapping[str, set[str]] = field(default_factory=dict)
    """Files that only the system itself runs, and their binds."""


@functools.cache
def facts(system: str) -> Facts:
    file = SYSTEMS / f"{system}.toml"
    said = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    said.pop("conformance", None)  # What the standard cases must know: tests/conformance/facts.py.
    return Facts(
        frozenset(said.pop("schemas", [system])),
        tuple(said.pop("dialects", Facts.dialects)),
        own_binds={name: set(binds) for name, binds in said.pop("own_binds", {}).items()},
        **said,
    )

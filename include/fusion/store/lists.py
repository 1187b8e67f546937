"""Long lists of values in a statement: in chunks where an engine limits them, as one array on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_CHUNK = 500
"""Values per ``IN`` list: Oracle takes 1,000 at most, SQL Server 2,100 parameters in all."""


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists that fit into one ``IN``."""
    listed = list(values)
    for i in range(0, len(listed), _CHUNK):
        yield listed[i : i + _CHUNK]


def pg_array(values: Iterable[str | float | None]) -> str:
    """``{...}`` for ``CAST(:bind AS type[])``; ``None`` becomes NULL. One constant; the server would parse ``ARRAY[...]`` value by value."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: str | float | None) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if value is None else str(value)

"""PostgreSQL array literals: one constant per array, where psycopg2's own ``ARRAY[...]`` has the server parse every element."""

from __future__ import annotations

from collections.abc import Iterable


def pg_array(values: Iterable[str | float | None]) -> str:
    """``{...}`` for ``CAST(:bind AS type[])``; ``None`` becomes NULL."""
    parts = []
    for value in values:
        if value is None:
            parts.append("NULL")
        elif isinstance(value, str):
            parts.append('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"')
        else:
            parts.append(str(value))
    return "{" + ",".join(parts) + "}"

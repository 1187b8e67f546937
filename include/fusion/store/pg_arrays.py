"""PostgreSQL array literals: one constant per array, where psycopg2's own ``ARRAY[...]`` has the server parse every element."""

from __future__ import annotations

from collections.abc import Iterable


def vetor(valores: Iterable[str | float | None]) -> str:
    """``{...}`` for ``CAST(:bind AS type[])``; ``None`` becomes NULL."""
    partes = []
    for valor in valores:
        if valor is None:
            partes.append("NULL")
        elif isinstance(valor, str):
            partes.append('"' + valor.replace("\\", "\\\\").replace('"', '\\"') + '"')
        else:
            partes.append(str(valor))
    return "{" + ",".join(partes) + "}"

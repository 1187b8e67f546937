"""A table as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Plain text table; numbers to the right."""
    texts = [[("-" if c is None else str(c)) for c in row] for row in rows]
    widths = [max(len(x[i]) for x in [list(header), *texts]) for i in range(len(header))]

    def row(cells: Sequence[str], values: Sequence[object] | None = None) -> str:
        parts = []
        for i, cell in enumerate(cells):
            number = (values is not None and isinstance(values[i], int | float)) or (values is None and i > 0)
            parts.append(cell.rjust(widths[i]) if number else cell.ljust(widths[i]))
        return "  ".join(parts).rstrip()

    return "\n".join([row(header), "  ".join("-" * n for n in widths), *(row(t, v) for t, v in zip(texts, rows, strict=True))])

"""What is wrong with a message or a file of them, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """``where``: ``PID-7``, ``MSH-18`` or a segment. An ``aviso`` is no fault of the standard, or one that receivers live with."""

    level: Literal["erro", "aviso"]
    where: str
    texto: str
    line: int | None = None
    valor: str | None = None

"""A fault of a message or of a file of messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """``where``: ``PID-7``, ``MSH-18`` or a segment. An ``aviso`` is a fault that receivers accept."""

    level: Literal["erro", "aviso"]
    where: str
    texto: str
    line: int | None = None
    valor: str | None = None

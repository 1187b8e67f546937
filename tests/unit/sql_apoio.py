"""SQL files as a parser takes them."""

from __future__ import annotations

import re
from pathlib import Path


def codigo(arquivo: Path) -> str:
    """The statement without comments, a literal for each bind, as the drivers send it."""
    sql = re.sub(r"IN :\w+", "IN (1, 2)", re.sub("--.*", "", arquivo.read_text(encoding="utf-8")))
    return re.sub(r"(?<!:):(\w+)", lambda m: "10" if m[1] == "limite" else "DATE '2026-01-01'" if m[1] == "desde" else "1", sql)

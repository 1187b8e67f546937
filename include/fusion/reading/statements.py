"""Where a system's statements lie: its own files, and a site's before them."""

from __future__ import annotations

from pathlib import Path

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.settings.registry import SYSTEMS_FOLDER


def sql_folder(system: str) -> Path:
    """Where the statements of a system lie."""
    return SYSTEMS_FOLDER / system / "sql"


def statement_path(system: str, name: str, site: Path | None) -> Path:
    """The file of a statement; one of the same name in the folder ``site`` replaces ours."""
    if site is not None and (site / name).exists():
        return site / name
    return sql_folder(system) / name


def statement_text(path: Path) -> str:
    """What a file says. :raises ConfiguracaoInvalida:"""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfiguracaoInvalida(f"{path}: SQL file not readable ({error.strerror})") from None

"""Finds a system's SQL files. A site's own file (in ``pasta_sql``) goes first, under its current name or its old one.

This module must not import SQLAlchemy: every parse of a DAG file uses it.
"""

from __future__ import annotations

import functools
import json
import logging
from pathlib import Path

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings.registry import SYSTEMS_FOLDER

log = logging.getLogger(__name__)


def sql_folder(system: str) -> Path:
    """Folder with a system's SQL files."""
    return SYSTEMS_FOLDER / system / "sql"


def statement_path(system: str, name: str, site: Path | None) -> Path:
    """File of a statement; a file in the folder ``site`` replaces ours."""
    return site_file(system, name, site) or sql_folder(system) / name


def statement_text(path: Path) -> str:
    """Text of a file. Raises ``InvalidConfiguration`` when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidConfiguration(f"{path}: SQL file not readable ({error.strerror})") from None


def site_file(system: str, name: str, folder: Path | None) -> Path | None:
    """The site's file that replaces ``name``, or ``None``. A file with an old name is logged once."""
    if folder is None:
        return None
    if (file := folder / name).exists():
        return file
    old = _old_names(system).get(name)
    if old is None or not (file := folder / old).exists():
        return None
    _warn(file, name)
    return file


@functools.cache
def _old_names(system: str) -> dict[str, str]:
    table = sql_folder(system) / "old_names.json"
    names: dict[str, str] = json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
    return names


@functools.cache
def _warn(file: Path, name: str) -> None:
    log.warning("%s ainda vale, mas este arquivo agora se chama %s: renomeie-o", file, name)

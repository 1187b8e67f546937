"""A site's own SQL files (``pasta_sql``), under their names of today or under those that they had before files were named by what they are for."""

from __future__ import annotations

import functools
import json
import logging
from pathlib import Path

from include.fusion.settings.registry import SYSTEMS_FOLDER

log = logging.getLogger(__name__)


def site_file(system: str, name: str, folder: Path | None) -> Path | None:
    """The site's file in place of the system's ``name``; ``None`` where ``folder`` has none. An old name is warned of once."""
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
    table = SYSTEMS_FOLDER / system / "sql" / "old_names.json"
    names: dict[str, str] = json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
    return names


@functools.cache
def _warn(file: Path, name: str) -> None:
    log.warning("%s ainda vale, mas este arquivo agora se chama %s: renomeie-o", file, name)

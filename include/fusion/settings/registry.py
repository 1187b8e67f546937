"""Which systems there are: each is a folder of ``include/fusion/sistemas``, found by its name, with a settings class where it has sections of its own."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from typing import Any

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import BuscaPaginada, Importacao

SYSTEMS_FOLDER = Path(__file__).resolve().parents[1] / "sistemas"


class Usual(Integracao):
    """Two steps, ``carga`` and ``importacao``: all that a new system needs."""

    carga: BuscaPaginada = BuscaPaginada()
    importacao: Importacao = Importacao()


def systems() -> tuple[str, ...]:
    """Names of all systems, in alphabetical order."""
    return tuple(sorted(folder.name for folder in SYSTEMS_FOLDER.iterdir() if (folder / "system.py").is_file()))


def own_module(system: str, name: str) -> Any:
    """A module of a system's folder."""
    return importlib.import_module(f"include.fusion.sistemas.{system}.{name}")


def settings_class(system: str) -> type[Integracao] | None:
    """Settings class of a system (``SETTINGS`` of its ``settings.py``, or :class:`Usual`); ``None`` where there is no such system."""
    return _settings_class(system) if system in systems() else None


@functools.cache
def _settings_class(system: str) -> type[Integracao]:
    if not (SYSTEMS_FOLDER / system / "settings.py").is_file():
        return Usual
    # By name, not by import: a system knows the settings, never the reverse.
    found: type[Integracao] = own_module(system, "settings").SETTINGS
    return found

"""Finds the systems: each is a folder of ``include/fusion/sistemas``, and has a settings class if it has sections of its own."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import BuscaPaginada, Importacao

SYSTEMS_FOLDER = Path(__file__).resolve().parents[1] / "sistemas"


class Usual(Integracao):
    """Two steps, ``carga`` and ``importacao``: all that a new system needs."""

    carga: BuscaPaginada = Field(default=BuscaPaginada(), description="Acha os atendimentos alterados e alimenta a fila.")
    importacao: Importacao = Field(default=Importacao(), description="Leva os registros da fila ao Fusion.")


def systems() -> tuple[str, ...]:
    """Names of all systems, in alphabetical order."""
    return tuple(sorted(folder.name for folder in SYSTEMS_FOLDER.iterdir() if (folder / "system.py").is_file()))


def own_module(system: str, name: str) -> Any:
    """A module in a system's folder."""
    return importlib.import_module(f"include.fusion.sistemas.{system}.{name}")


def settings_class(system: str) -> type[Integracao] | None:
    """Settings class of a system: ``SETTINGS`` of its ``settings.py``, else :class:`Usual`; ``None``: no such system."""
    if system not in systems():
        return None
    # Imported by name: systems know the settings, the settings know no system.
    has_own = (SYSTEMS_FOLDER / system / "settings.py").is_file()
    return own_module(system, "settings").SETTINGS if has_own else Usual

"""Which systems there are: each is a folder of ``include/fusion/sistemas``, found by its name, with a settings class where it has sections of its own."""

from __future__ import annotations

import functools
import importlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from include.fusion.errors import ConfiguracaoInvalida
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


def como_dados(integracao: Integracao) -> dict[str, Any]:
    """Plain JSON data from which :func:`de_dados` makes the same settings: how a watcher gets those of the DAG file's own version."""
    return {nome: _simples(valor) for nome, valor in integracao.model_dump(by_alias=True).items()}


def de_dados(dados: dict[str, Any]) -> Integracao:
    """The settings that :func:`como_dados` took apart."""
    tipo = settings_class(dados["sistema"])
    if tipo is None:
        raise ConfiguracaoInvalida(f"unknown system {dados['sistema']!r}: this process was started before it was added, restart it")
    return tipo.model_validate(dados)


def _simples(valor: Any) -> Any:
    if isinstance(valor, dict):
        return {nome: _simples(v) for nome, v in valor.items()}
    if isinstance(valor, timedelta):
        return valor.total_seconds()
    if isinstance(valor, list):
        return [_simples(v) for v in valor]
    return str(valor) if isinstance(valor, (Path, date)) else valor

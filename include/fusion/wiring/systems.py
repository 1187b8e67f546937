"""The spec of a system, found by name, and the part of it that an entry's settings switch on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from include.fusion.reading.spec import SystemSpec
from include.fusion.settings import Integracao
from include.fusion.settings.registry import own_module

SEARCH = "carga"
"""Process under which the watermarks of live traffic are kept."""
PRESENCE = "importacao"
"""Process under which a run of the integration signs its presence."""
_PARTS = ("origins", "journals", "sweeps", "snapshots")


def module_of(integracao: Integracao, name: str) -> Any:
    """A module of the source system's own folder."""
    return own_module(integracao.sistema, name)


def system_named(name: str) -> SystemSpec:
    """Spec of the system of this name."""
    system: SystemSpec = own_module(name, "system").SYSTEM
    return system


def system_of(integracao: Integracao) -> SystemSpec:
    """Spec of an entry's system."""
    return system_named(integracao.sistema)


def switched_on(integracao: Integracao) -> SystemSpec:
    """The spec without the parts of search steps that are switched off: neither a watcher nor a last step may do their work."""
    whole = system_of(integracao)

    def on(step: str) -> bool:
        section = integracao.section(step)
        return section is None or section.habilitado

    parts: dict[str, Any] = {name: tuple(x for x in getattr(whole, name) if on(x.step)) for name in _PARTS}
    return replace(whole, **parts)


def steps(integracao: Integracao) -> frozenset[str]:
    """Names of the system's search steps."""
    whole = system_of(integracao)
    return frozenset(part.step for name in _PARTS for part in getattr(whole, name)) - {""}

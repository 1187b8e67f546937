"""How a system's folder (``legacy.py``) describes the old .NET service, so that its ``appsettings.json`` can be imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

DELIVERY = ("habilitado", "Interval", "MaxRecords")
WITH_LAYOUT = (*DELIVERY, "LayoutID")
WITH_DESTINATION = (*DELIVERY, "IntegracaoID", "LayoutID")


@dataclass(frozen=True)
class Section:
    """A process of an entry. Old files write its name without underscores, in upper or lower case."""

    nome: str
    keys: tuple[str, ...] = ("habilitado",)
    required: tuple[str, ...] = ()
    """Keys to write even if the old file does not have them, so that somebody fills them in."""
    obrigatoria: bool = False
    outros_nomes: tuple[str, ...] = ()
    """Other names in old files, in lower case."""

    @property
    def old_names(self) -> tuple[str, ...]:
        return (self.nome.replace("_", ""), *self.outros_nomes)


class Seen(NamedTuple):
    """Content of a file. ``names``: of keys and sections, folded. ``processes``: the same without endings such as "worker". ``owners``: the
    services that alone have such a process."""

    names: set[str]
    processes: set[str]
    owners: set[str | None]

    def word(self, text: str) -> bool:
        """Whether any name holds these letters."""
        return any(text in name for name in self.names)


class Sign(NamedTuple):
    """A sign that a file is this service's. If several services have signs, the lowest ``rank`` counts."""

    rank: int
    tells: Callable[[Seen], bool]


@dataclass(frozen=True)
class LegacyService:
    """A service that can be imported."""

    nome: str
    sections: tuple[Section, ...]
    default_section: str | None
    """Process of a setting outside all process sections; ``None``: unknown."""
    signs: tuple[Sign, ...]
    exclusive: bool = False
    """No other service has sections with these names, except ``carga_inicial``."""
    database_of: str = ""
    """System with the source's database, for a file without one."""
    table_owners: tuple[str, ...] = ()
    """Users that own tables of the source: a connection with such a user is the source's."""
    owner_advice: str = ""
    """Warning for a connection with such a user."""
    integrator: bool = False
    """The file may have a database of the integrator."""
    layout_or_controller: bool = False
    """A LayoutID that is no number means the controller of the process's kind."""
    interval_names: bool = False
    """The process is in the name of its interval: IntervaloCarga."""

"""What a system's folder says (``legacy.py``) of the old .NET service whose ``appsettings.json`` can be imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

DELIVERY = ("habilitado", "Interval", "MaxRecords")
WITH_LAYOUT = (*DELIVERY, "LayoutID")
WITH_DESTINATION = (*DELIVERY, "IntegracaoID", "LayoutID")


@dataclass(frozen=True)
class Section:
    """A process of an entry. Old files have its name without underscores, in any case."""

    nome: str
    keys: tuple[str, ...] = ("habilitado",)
    required: tuple[str, ...] = ()
    """Written even where the old file does not say them, to be filled in."""
    obrigatoria: bool = False
    outros_nomes: tuple[str, ...] = ()
    """What old files call it, where that is not its name without underscores (in lower case)."""

    @property
    def old_names(self) -> tuple[str, ...]:
        return (self.nome.replace("_", ""), *self.outros_nomes)


class Seen(NamedTuple):
    """What stands in a file: ``names`` of keys and sections, folded; ``processes`` they could be; ``owners`` of those that only one service has."""

    names: set[str]
    processes: set[str]
    owners: set[str | None]

    def word(self, text: str) -> bool:
        """Whether any name holds these letters."""
        return any(text in name for name in self.names)


class Sign(NamedTuple):
    """By what a file is known as this service's. Of several services' signs the one of the lowest ``rank`` counts."""

    rank: int
    tells: Callable[[Seen], bool]


@dataclass(frozen=True)
class LegacyService:
    """A service that can be imported."""

    nome: str
    sections: tuple[Section, ...]
    padrao: str | None
    """Process of a setting that stands in no process section; ``None``: it could be anyone's."""
    signs: tuple[Sign, ...]
    exclusive: bool = False
    """No other service has sections of these names (but ``carga_inicial``, which several have)."""
    database_of: str = ""
    """System whose database is the source: a file that has none means that of its entry."""
    table_owners: tuple[str, ...] = ()
    """Users who own tables of the source; a connection of theirs is the source's."""
    owner_advice: str = ""
    """What is said of a connection of theirs."""
    integrator: bool = False
    """May have a database of the integrator's own."""
    layout_or_controller: bool = False
    """A LayoutID that is no number names the controller of a process's kind."""
    interval_names: bool = False
    """The interval of a process has its name: IntervaloCarga."""

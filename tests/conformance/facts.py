"""What the suite knows of a system: its spec, its sandbox source, and what ``tests/systems/<system>.toml`` says under ``[conformance]``.

``[conformance.entry]``: settings of an installation that the usual ones lack. ``[conformance.not_applicable]``: case → why it cannot be.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from include.fusion.reading.spec import SystemSpec
from include.fusion.settings import Integracao
from include.fusion.settings.file import read_file
from include.fusion.settings.registry import SYSTEMS_FOLDER, settings_class
from include.fusion.wiring.systems import system_named
from sandbox.sources import Source, sources

TOLD = Path(__file__).parents[1] / "systems"
NUMBER = 9001
"""IntegracaoID of a system without an installation in the tests' settings file."""


class Facts(NamedTuple):
    """Of one system."""

    spec: SystemSpec
    source: Source
    told: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.spec.nome

    @property
    def notices(self) -> bool:
        """Its records only say that something happened: nothing is read for them, and each is sent."""
        return self.spec.processos[0].build is not None

    @property
    def messages(self) -> bool:
        """It sends HL7 messages, not records."""
        return any(p.messages for p in self.spec.processos)

    @property
    def own_initial_load(self) -> bool:
        """Its history comes by a load of its own; any other system's by its keys."""
        return (SYSTEMS_FOLDER / self.name / "initial_load.py").is_file()

    def kinds(self, name: str) -> tuple[str, ...]:
        """Kinds of change that the source lists under this name; ``INVALID`` without those that only look wrong."""
        listed = tuple(getattr(self.source.module, name, ()))
        return tuple(kind for kind in listed if kind not in self.kinds("STRANGE")) if name == "INVALID" else listed

    def entry(self) -> Integracao:
        """Its installation: of the tests' settings file, else the usual one with what the facts add."""
        for entry in read_file().entries:
            if entry.sistema == self.name:
                return entry
        kind = settings_class(self.name)
        assert kind is not None, f"include/fusion/sistemas has no {self.name}"
        usual = {"id": self.name, "sistema": self.name, "nome": self.name, "IntegracaoID": NUMBER, "fuso_horario": self.source.module.ZONE}
        return kind.model_validate({**usual, "conexoes": {"origem": self.source.database}, **self.told.get("entry", {})})


@functools.cache
def facts(system: str) -> Facts:
    """Of the system of this name. ``KeyError``: it has no ``sandbox/origens/<system>/source.toml``."""
    file = TOLD / f"{system}.toml"
    told = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return Facts(system_named(system), sources()[system], told.get("conformance", {}))


class Need(NamedTuple):
    """What a case needs of a system, and the sentence for those that do not have it."""

    met: Callable[[Facts], bool]
    otherwise: str


def in_form(field: str) -> Need:
    """The form of its runs has this field."""
    return Need(lambda f: field in f.spec.form, f"its form has no field {field!r}")


def source_makes(name: str) -> Need:
    """Its sandbox source lists kinds of change under this name."""
    return Need(lambda f: bool(f.kinds(name)), f"its sandbox source lists no {name}")


CONTENT = Need(lambda f: not f.notices, "its records only say that something happened: nothing is read for them, and each is sent")
STATE = Need(lambda f: not f.messages, "Fusion keeps no state of messages that could be compared")

T = TypeVar("T", bound=Callable[..., None])


def needs(*what: Need) -> Callable[[T], T]:
    """Marks a case that not every system can have."""

    def mark(case: T) -> T:
        case.needs = what  # type: ignore[attr-defined]
        return case

    return mark


def not_applicable(known: Facts, cases: Mapping[str, Any]) -> dict[str, str]:
    """Case → why this system cannot have it. ``cases``: name → its test.

    ``ValueError``: the facts exclude a case that the system can have, or one that there is not.
    """
    unmet = {name: [n.otherwise for n in getattr(case, "needs", ()) if not n.met(known)] for name, case in cases.items()}
    lacking = {name: reasons[0] for name, reasons in unmet.items() if reasons}
    told: Mapping[str, str] = known.told.get("not_applicable", {})
    if wrong := sorted(told.keys() - lacking.keys()):
        raise ValueError(f"tests/systems/{known.name}.toml: {known.name} can have {', '.join(wrong)}, or there is no such case")
    return lacking | dict(told)

"""What there is in the sandbox to read from: each source is a folder of ``sandbox/origens`` that says of itself what others need (``source.toml``)."""

from __future__ import annotations

import functools
import importlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "origens"


@dataclass(frozen=True)
class Run:
    """A source's DAG, for end-to-end tests."""

    tasks: tuple[str, ...] = ()
    """All of them, where no test of its own knows them."""
    first: str = ""
    delivers: str = ""
    """The task that delivers attendances. Only of sources that have such, and where every form field means something, these two are given."""
    lasts: str = "importacao"
    """Settings section of the run's last step."""


@dataclass(frozen=True)
class Source:
    """Of one system, or of something else that the simulator moves."""

    name: str
    database: str
    """Name of its database in the stack."""
    brings: bool = True
    """It creates and fills that database; where not, another source or the stack does."""
    simulated: bool = True
    share: float = 1.0
    """Of the rate at which sources change: surgeries are booked more rarely than patients are seen."""
    report: str = ""
    """Module of ``sandbox.report`` that reports on it; attendances are compared where none is named."""
    facts: str = ""
    """Attendance's key, its patient's CPF as the source keeps it, how many medicines are prescribed; only what is not cancelled."""
    personal: Mapping[str, Any] = field(default_factory=dict)
    """``table`` and ``columns`` with patients' names and documents."""
    run: Run = Run()
    fed_by: str = ""
    """System whose deliveries to Fusion are this one's work."""

    @property
    def module(self) -> Any:
        """Its package: an :class:`sandbox.origens.base.SandboxSource`."""
        return importlib.import_module(f"sandbox.origens.{self.name}")


@functools.cache
def sources() -> dict[str, Source]:
    """All of them by name, in alphabetical order."""
    return {file.parent.name: _read(file) for file in sorted(FOLDER.glob("*/source.toml"))}


def _read(file: Path) -> Source:
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    of_run: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.pop("run", {}).items()}
    return Source(file.parent.name, run=Run(**of_run), **said)


def brought() -> dict[str, str]:
    """Source → the database that it brings."""
    return {name: source.database for name, source in sources().items() if source.brings}


def simulated() -> dict[str, str]:
    """What the simulator moves → its database."""
    return {name: source.database for name, source in sources().items() if source.simulated}


def with_attendances() -> tuple[str, ...]:
    """Sources whose DAG delivers attendances."""
    return tuple(name for name, source in sources().items() if source.run.delivers)

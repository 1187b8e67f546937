"""The report of a check-up: findings by area. It has names of tables, codes and counts; never a value of a patient's record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

State = Literal["falha", "incerto", "aviso", "ok"]
STATES: tuple[State, ...] = ("falha", "incerto", "aviso", "ok")
ALL_TRAVELS, SOMETHING_WILL_NOT, NOT_CHECKED = 0, 1, 2
"""Exit codes of the command."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``mend``: what to do, and by whom."""

    state: State
    title: str
    text: str = ""
    mend: str = ""


@dataclass(frozen=True)
class Area:
    """Findings of one kind, the worst first; ``table``: rows with a heading row before them; ``attached``: text to copy."""

    name: str
    findings: Sequence[Finding] = ()
    table: Sequence[Sequence[str]] = ()
    attached: str = ""


@dataclass
class Report:
    """A check-up of the entry ``entry_id``."""

    entry_id: str
    name: str
    system: str
    made_at: datetime
    areas: list[Area] = field(default_factory=list)

    def add(self, name: str, findings: Iterable[Finding], table: Sequence[Sequence[str]] = (), attached: str = "") -> None:
        """One more area, unless nothing was found."""
        found = sorted(findings, key=lambda f: STATES.index(f.state))
        if found or table:
            self.areas.append(Area(name, found, table, attached))

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each state."""
        seen = Counter(f.state for area in self.areas for f in area.findings)
        return {state: seen[state] for state in STATES}

    @property
    def exit_code(self) -> int:
        """0: all travels; 1: something will not; 2: something could not be checked, and nothing is known to be wrong."""
        counts = self.counts
        return SOMETHING_WILL_NOT if counts["falha"] else NOT_CHECKED if counts["incerto"] else ALL_TRAVELS

    @property
    def summary(self) -> str:
        """One sentence."""
        counts = self.counts
        first = ("Tudo vai trafegar", "Nem tudo vai trafegar", "Nem tudo pôde ser conferido")[self.exit_code]
        told = (
            f"{counts[s]} {word}" for s, word in (("falha", "falhas"), ("incerto", "sem conferir"), ("aviso", "avisos"), ("ok", "em ordem"))
        )
        return f"{self.name}: {first} ({', '.join(told)})"

    def as_json(self) -> str:
        """Everything, for programs."""
        data: dict[str, Any] = asdict(self) | {"made_at": self.made_at.isoformat(), "counts": self.counts, "exit_code": self.exit_code}
        return json.dumps(data | {"summary": self.summary}, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that :meth:`as_json` wrote."""
        data = json.loads(text)
        areas = [Area(a["name"], [Finding(**f) for f in a["findings"]], a["table"], a["attached"]) for a in data["areas"]]
        return cls(data["entry_id"], data["name"], data["system"], datetime.fromisoformat(data["made_at"]), areas)

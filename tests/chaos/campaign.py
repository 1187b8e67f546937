"""A campaign: rounds of faults, what each did, kept in a folder so that it can go on where it was stopped."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from sandbox.report.table import table
from tests.chaos.judge import WRONGS, Verdict


@dataclass
class Fault:
    """One fault; ``recovered``: seconds from its end until Fusion took a record of whom it concerned, ``None``: none in that round."""

    kind: str
    whom: str
    ended_at: str
    recovered: float | None = None


@dataclass
class Campaign:
    """``wrong``: lines of :class:`Verdict` by round. A round's wrongs count for every kind that was in it."""

    seed: int
    rounds: int = 0
    minutes: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    wrong: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in WRONGS})
    wrong_by_kind: dict[str, int] = field(default_factory=dict)

    @classmethod
    def resume(cls, folder: Path, seed: int) -> Campaign:
        """What ``folder`` has of this seed, or a new one."""
        file = folder / "state.json"
        if file.exists():
            data = json.loads(file.read_text())
            if data["seed"] == seed:
                return cls(**{**data, "faults": [Fault(**f) for f in data["faults"]]})
        return cls(seed)

    def add(self, faults: list[Fault], verdict: Verdict, minutes: float) -> None:
        """A judged round."""
        self.rounds += 1
        self.minutes += minutes
        self.faults += faults
        for name, lines in asdict(verdict).items():
            self.wrong[name] += [f"round {self.rounds}: {line}" for line in lines]
        if wrongs := sum(verdict.counts.values()):
            for kind in {f.kind for f in faults}:
                self.wrong_by_kind[kind] = self.wrong_by_kind.get(kind, 0) + wrongs

    @property
    def clean(self) -> bool:
        return not any(self.wrong.values())

    def by_kind(self) -> dict[str, dict[str, Any]]:
        """Kind → how many, and seconds to recover."""
        found: dict[str, list[Fault]] = {}
        for fault in self.faults:
            found.setdefault(fault.kind, []).append(fault)
        return {kind: self._row(kind, found[kind]) for kind in sorted(found)}

    def _row(self, kind: str, faults: list[Fault]) -> dict[str, Any]:
        times = [f.recovered for f in faults if f.recovered is not None]
        spans = {"recovered_p50_s": round(median(times), 2), "recovered_max_s": round(max(times), 2)} if times else {}
        return {"faults": len(faults), **spans, "wrong_in_its_rounds": self.wrong_by_kind.get(kind, 0)}

    def save(self, folder: Path) -> None:
        """Write ``state.json``, to go on from, and ``report.json``, to read."""
        folder.mkdir(parents=True, exist_ok=True)
        report = {
            "faults": len(self.faults),
            **{name: len(self.wrong[name]) for name in WRONGS},
            "by_kind": self.by_kind(),
            "seed": self.seed,
            "rounds": self.rounds,
            "minutes": round(self.minutes, 1),
        }
        for name, data in (("state", asdict(self)), ("report", report)):
            new = folder / f"{name}.json.new"
            new.write_text(json.dumps(data, indent=1, ensure_ascii=False))
            new.replace(folder / f"{name}.json")

    def told(self) -> str:
        """The table for people."""
        columns = ("kind", "faults", "recovered p50 s", "max s", "wrong in its rounds")
        rows = [
            (kind, r["faults"], r.get("recovered_p50_s"), r.get("recovered_max_s"), r["wrong_in_its_rounds"])
            for kind, r in self.by_kind().items()
        ]
        totals = ", ".join(f"{len(self.wrong[name])} {name.replace('_', ' ')}" for name in WRONGS)
        return f"{table(columns, rows)}\n{len(self.faults)} faults in {self.rounds} rounds, {self.minutes:.0f} min: {totals}"

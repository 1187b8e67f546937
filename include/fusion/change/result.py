"""Counts of a carga."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ScanResult:
    """Counts of one look. ``futuros``: rows with a change date in the future; ``regressivas``: rows with a smaller version than before."""

    lidos: int = 0
    enfileirados: int = 0
    futuros: int = 0
    regressivas: int = 0
    por_origem: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, rows: int, enqueued: int) -> None:
        """Add the counts of one journal, sweep or table."""
        self.lidos += rows
        self.enfileirados += enqueued
        self.por_origem[name] = self.por_origem.get(name, 0) + enqueued

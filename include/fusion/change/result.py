"""What came of a load, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ScanResult:
    """Counts of one pass; ``futuros`` are rows whose change date lies in the future, ``regressivas`` rows whose version went back."""

    lidos: int = 0
    enfileirados: int = 0
    futuros: int = 0
    regressivas: int = 0
    por_origem: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, read_items: int, enqueued: int) -> None:
        """Add what one journal, round or comparison brought."""
        self.lidos += read_items
        self.enfileirados += enqueued
        self.por_origem[name] = self.por_origem.get(name, 0) + enqueued

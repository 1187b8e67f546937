"""What came of a load, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ResultadoCarga:
    """Counts of one pass; ``futuros`` are rows whose change date lies in the future, ``regressivas`` rows whose version went back."""

    lidos: int = 0
    enfileirados: int = 0
    futuros: int = 0
    regressivas: int = 0
    por_origem: dict[str, int] = field(default_factory=dict)

    def somar(self, nome: str, lidos: int, enfileirados: int) -> None:
        """Add what one journal, round or comparison brought."""
        self.lidos += lidos
        self.enfileirados += enfileirados
        self.por_origem[nome] = self.por_origem.get(nome, 0) + enfileirados

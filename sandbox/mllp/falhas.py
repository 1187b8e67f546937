"""What can be made to go wrong: shares of messages, drawn with a seed, from a file that may change while the listener runs."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Falhas:
    """Shares are 0 to 1 and together at most 1. A fault that answers wrongly has stored the message (``ae`` and ``ar`` have not)."""

    atraso_ms: float = 0
    """Before every answer."""
    parcela_corta_antes: float = 0
    """Connection cut, nothing stored."""
    parcela_corta_depois: float = 0
    """Stored, connection cut without an answer."""
    parcela_muda: float = 0
    """Stored, never answered."""
    parcela_ae: float = 0
    parcela_ar: float = 0
    """AR with condition 207."""
    parcela_msa_errado: float = 0
    """MSA-2 of another message."""
    parcela_partida: float = 0
    """The answer arrives in pieces."""
    parcela_lixo: float = 0
    """Bytes between the frames."""
    semente: int | None = None

    @property
    def parcelas(self) -> dict[str, float]:
        return {nome: valor for nome, valor in asdict(self).items() if nome.startswith("parcela")}


class Injetor:
    """Draws a fault for each message; ``arquivo`` (JSON, fields of :class:`Falhas`) is read again when it changes."""

    def __init__(self, arquivo: Path | None = None) -> None:
        self._arquivo = arquivo
        self._visto = 0
        self.falhas = Falhas()
        self.feitas: Counter[str] = Counter()
        self._sorteio = random.Random()

    def reler(self) -> None:
        try:
            visto = self._arquivo.stat().st_mtime_ns if self._arquivo is not None else 0
        except FileNotFoundError:
            visto = 0
        if visto != self._visto:
            self.trocar(Falhas(**json.loads(self._arquivo.read_text())) if visto and self._arquivo is not None else Falhas())
            self._visto = visto

    def trocar(self, falhas: Falhas) -> None:
        if estranhas := [f.name for f in fields(falhas) if f.name.startswith("parcela") and not 0 <= getattr(falhas, f.name) <= 1]:
            raise ValueError(f"shares outside 0..1: {', '.join(estranhas)}")
        self.falhas = falhas
        self.feitas.clear()
        self._sorteio = random.Random(falhas.semente)

    def sortear(self) -> str:
        """Name of the fault for this message, or an empty text."""
        ponto = self._sorteio.random()
        for nome, parcela in self.falhas.parcelas.items():
            if ponto < parcela:
                self.feitas[nome] += 1
                return nome.removeprefix("parcela_")
            ponto -= parcela
        return ""

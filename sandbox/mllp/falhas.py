"""What can be made to go wrong: shares of messages, drawn with a seed, from a file that may change while the listener runs."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Faults:
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
    def shares(self) -> dict[str, float]:
        return {name: value for name, value in asdict(self).items() if name.startswith("parcela")}


class Injector:
    """Draws a fault for each message; ``file`` (JSON, fields of :class:`Faults`) is read again when it changes."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._seen = 0
        self.falhas = Faults()
        self.done: Counter[str] = Counter()
        self._rand = random.Random()

    def reread(self) -> None:
        try:
            seen = self._file.stat().st_mtime_ns if self._file is not None else 0
        except FileNotFoundError:
            seen = 0
        if seen != self._seen:
            self.replace_match(Faults(**json.loads(self._file.read_text())) if seen and self._file is not None else Faults())
            self._seen = seen

    def replace_match(self, failures: Faults) -> None:
        if strange := [f.name for f in fields(failures) if f.name.startswith("parcela") and not 0 <= getattr(failures, f.name) <= 1]:
            raise ValueError(f"shares outside 0..1: {', '.join(strange)}")
        self.falhas = failures
        self.done.clear()
        self._rand = random.Random(failures.semente)

    def draw(self) -> str:
        """Name of the fault for this message, or an empty text."""
        checkpoint = self._rand.random()
        for name, share in self.falhas.shares.items():
            if checkpoint < share:
                self.done[name] += 1
                return name.removeprefix("parcela_")
            checkpoint -= share
        return ""

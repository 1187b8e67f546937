"""Progress of long work in one line: done, total, rate, time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class Progresso:
    """Calls ``dizer(text, numbers)`` at most every ``intervalo`` seconds. Rate and time left count from where this run started."""

    def __init__(self, total: int, dizer: Callable[[str, dict[str, Any]], None], *, feitos: int = 0, intervalo: float = 10.0) -> None:
        self.total = total
        self.inicial = self.feitos = feitos
        self._dizer = dizer
        self._intervalo = intervalo
        self._comeco = time.monotonic()
        self._ultimo = float("-inf")

    def em(self, feitos: int, *, ja: bool = False) -> None:
        """Now at ``feitos``; ``ja`` speaks at once."""
        self.feitos = feitos
        agora = time.monotonic()
        if not ja and agora - self._ultimo < self._intervalo:
            return
        self._ultimo = agora
        taxa = (feitos - self.inicial) / max(agora - self._comeco, 1e-3)
        falta = (self.total - feitos) / taxa if taxa > 0 else None
        numeros = {
            "feitos": feitos,
            "total": self.total,
            "por_segundo": round(taxa, 1),
            "faltam_s": None if falta is None else round(falta),
        }
        porcento = 100 * feitos / self.total if self.total else 100.0
        resta = "" if falta is None else f", faltam {duracao(falta)}"
        self._dizer(f"{feitos} de {self.total} ({porcento:.1f} %), {taxa:.0f}/s{resta}", numeros)


def duracao(segundos: float) -> str:
    """``3725`` → ``1 h 2 min``; under a minute, seconds."""
    s = int(max(0.0, segundos))
    if s < 60:
        return f"{s} s"
    return f"{s // 3600} h {s % 3600 // 60} min" if s >= 3600 else f"{s // 60} min {s % 60} s"

"""What a reconciliation found and did: counts, some keys, and sentences for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KEYS_TOLD = 50
"""Keys of each kind in a report, at most."""


@dataclass
class Found:
    """Of one kind of record under one number in Fusion. ``retidos``: cancellations that wait for a person's yes."""

    entidade: str
    integracao_id: int
    lista_fusion: bool = True
    origem: int = 0
    livro: int = 0
    fusion: int = 0
    conteudos_lidos: int = 0
    ausente: int = 0
    defasado: int = 0
    fantasma: int = 0
    duplicado: int = 0
    na_fila: int = 0
    enfileirados: int = 0
    retidos: int = 0
    chaves: dict[str, list[str]] = field(default_factory=dict)

    @property
    def differences(self) -> int:
        return self.ausente + self.defasado + self.fantasma + self.duplicado

    def sentence(self, dry_run: bool) -> str:
        """One line for the log."""
        sides = f"origem {self.origem}, livro {self.livro}" + (f", Fusion {self.fusion}" if self.lista_fusion else "")
        kinds = f"{self.ausente} ausentes, {self.defasado} defasados, {self.fantasma} fantasmas, {self.duplicado} em dobro"
        done = "simulação, nada foi alterado" if dry_run else f"{self.enfileirados} enfileirados para reparo"
        text = f"{self.entidade} (IntegracaoID {self.integracao_id}): {sides}; {self.conteudos_lidos} conteúdos relidos; {kinds}; {done}"
        if self.na_fila:
            text += f"; {self.na_fila} diferenças já estavam na fila"
        if not self.lista_fusion:
            text += "; este Fusion não tem a lista de chaves: a comparação foi só entre a origem e o livro"
        return text

    def told(self) -> dict[str, Any]:
        return dict(vars(self))


def alarm(held: int, doubled: int) -> str | None:
    """The one sentence about what stays unrepaired: cancellations without a yes, records that Fusion has twice. ``None``: nothing."""
    parts = []
    if held:
        parts.append(f"{held} registros estão no Fusion e não na origem, e nada foi cancelado por falta de um sim")
    if doubled:
        parts.append(f"{doubled} registros estão em dobro no Fusion, o que só lá se corrige")
    return "diferenças sem reparo: " + "; ".join(parts) + "." if parts else None

"""Settings of Sotech: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import BuscaPaginada, Importacao


class CargaComparada(BuscaPaginada):
    """The same where change is found by comparison (Sotech)."""

    perda_max: float = Field(default=0.5, gt=0, le=1)
    """Share of a table's rows that may vanish between two looks: more is taken for a restore under way, and the load fails; 1: any."""

    @property
    def max_loss(self) -> float:
        return self.perda_max


class Sotech(Integracao):
    ENGINES = ("postgresql",)
    DELIVERY = "integracao"

    sistema: Literal["sotech"]
    carga: CargaComparada = CargaComparada()
    integracao: Importacao = Importacao()


SETTINGS = Sotech

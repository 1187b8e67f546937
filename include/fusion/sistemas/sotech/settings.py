"""Settings of Sotech: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import BuscaPaginada, Importacao


class CargaComparada(BuscaPaginada):
    """A search that compares rows."""

    perda_max: float = Field(default=0.5, gt=0, le=1)
    """Share of a table's rows that may vanish between two looks. When more vanish, a restore may be under way and the load fails; 1: never."""

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

"""Settings of Sotech: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import BuscaPaginada, Importacao


class CargaComparada(BuscaPaginada):
    """A search that compares rows."""

    perda_max: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Parcela das linhas de uma tabela que pode sumir entre duas cargas; acima dela a carga falha, pois pode haver uma "
        "restauração em curso. 1: nunca falha.",
    )

    @property
    def max_loss(self) -> float:
        return self.perda_max


class Sotech(Integracao):
    ENGINES = ("postgresql",)
    DELIVERY = "integracao"

    sistema: Literal["sotech"]
    carga: CargaComparada = Field(
        default=CargaComparada(), description="Compara a Sotech com o que foi visto da última vez e gera pendências do que mudou."
    )
    integracao: Importacao = Field(default=Importacao(), description="Leva os atendimentos com pendência ao Fusion.")


SETTINGS = Sotech

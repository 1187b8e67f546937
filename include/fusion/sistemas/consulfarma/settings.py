"""Settings of Consulfarma: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import Carga, Importacao


class Consulfarma(Integracao):
    ENGINES = ("mssql",)

    sistema: Literal["consulfarma"]
    carga: Carga = Field(description="Acha os atendimentos alterados e alimenta `ImportacaoAtendimento`.")
    importacao: Importacao = Field(description="Leva os atendimentos da fila ao Fusion.")


SETTINGS = Consulfarma

"""Settings of Consulfarma: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import Carga, Importacao


class Consulfarma(Integracao):
    ENGINES = ("mssql",)

    sistema: Literal["consulfarma"]
    carga: Carga
    importacao: Importacao


SETTINGS = Consulfarma

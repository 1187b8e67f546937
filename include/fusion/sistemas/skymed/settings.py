"""Settings of Skymed: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import Importacao, SearchSettings


class ImportarPendencias(SearchSettings, Importacao):
    """Finds changed bookings and announces each to the application of Fusion that processes them (Skymed)."""

    aplicacao: str = Field(default="AgendaCirurgica", min_length=1, max_length=100)
    """Application in Fusion that the pendency is for."""
    metodo: str = Field(default="Sincronizar", min_length=1, max_length=100)
    """What the application shall do with the booking."""

    @property
    def keys_per_statement(self) -> int:
        return 0  # A pendency only names its booking.


class Skymed(Integracao):
    """Announces MV's surgical bookings; ``conexoes.origem`` is MV's database."""

    ENGINES = ("oracle",)
    SEARCH = DELIVERY = "importar_pendencias"
    FROM_THE_START = False

    sistema: Literal["skymed"]
    importar_pendencias: ImportarPendencias = ImportarPendencias()


SETTINGS = Skymed

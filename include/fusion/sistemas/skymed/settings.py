"""Settings of Skymed: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import Importacao, SearchSettings


class ImportarPendencias(SearchSettings, Importacao):
    """Finds changed bookings and announces each to an application of Fusion."""

    aplicacao: str = Field(
        default="AgendaCirurgica", min_length=1, max_length=100, description="Aplicação do Fusion que processa os agendamentos."
    )
    metodo: str = Field(default="Sincronizar", min_length=1, max_length=100, description="O que a aplicação faz com um agendamento.")

    @property
    def keys_per_statement(self) -> int:
        return 0  # No statement reads the bookings of a batch.


class Skymed(Integracao):
    """Announces surgical bookings of MV. ``conexoes.origem`` is the database of MV."""

    ENGINES = ("oracle",)
    SEARCH = DELIVERY = "importar_pendencias"
    FROM_THE_START = False

    sistema: Literal["skymed"]
    importar_pendencias: ImportarPendencias = Field(
        default=ImportarPendencias(), description="Acha os agendamentos alterados e registra no Fusion uma pendência para cada um."
    )


SETTINGS = Skymed

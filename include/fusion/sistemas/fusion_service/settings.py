"""Settings of Fusion.Service: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import BuscaPendencias, Importacao


class FusionService(Integracao):
    """Processes announced bookings. Switch it off (``habilitada: false``) where the vendor's own Fusion.Service runs."""

    ENGINES = ("oracle",)
    SEARCH = "buscar_pendencias"
    DELIVERY = "processar_pendencias"
    FROM_THE_START = False

    sistema: Literal["fusion_service"]
    buscar_pendencias: BuscaPendencias = Field(description="Lê no Fusion as pendências de aplicação abertas e as enfileira.")
    processar_pendencias: Importacao = Field(
        default=Importacao(), description="Lê cada agendamento no MV, leva-o à agenda cirúrgica do Fusion e conclui a pendência."
    )


SETTINGS = FusionService

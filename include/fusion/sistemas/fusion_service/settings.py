"""Settings of Fusion.Service: the sections of its entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.interval import Intervalo
from include.fusion.settings.sections import Busca, Importacao, _vigia


class BuscaPendencias(Busca):
    """Looks at what applications of Fusion have pending (Fusion.Service)."""

    intervalo: Intervalo = Field(default=timedelta(seconds=30), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks where no watcher observes Fusion."""
    intervalo_vigia: Annotated[timedelta, BeforeValidator(_vigia)] = timedelta(seconds=1)
    """Between two looks at Fusion's API, of the watcher and of a run that is at work."""
    pagina: int = Field(default=500, ge=1, le=1000)
    """Pendencies per page."""
    aplicacao: str = Field(default="AgendaCirurgica", min_length=1, max_length=100)
    """Application whose pendencies are processed."""
    atende: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    """IntegracaoIDs that announce them: those of the Skymed entries."""


class FusionService(Integracao):
    """Processes the announced bookings; off (``habilitada: false``) where the vendor's own Fusion.Service runs."""

    ENGINES = ("oracle",)
    BUSCA = "buscar_pendencias"
    ENTREGA = "processar_pendencias"
    DESDE_O_INICIO = False

    sistema: Literal["fusion_service"]
    buscar_pendencias: BuscaPendencias
    processar_pendencias: Importacao = Importacao()


SETTINGS = FusionService

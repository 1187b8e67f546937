"""All parts of one run, those of an initial load included."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from include.fusion.change.initial_load import InitialLoad
from include.fusion.delivery.route import Route
from include.fusion.settings.sections import CargaInicial as AjustesCarga
from include.fusion.store.filas import Fila
from include.fusion.wiring.delivery import DeliveryParts
from include.fusion.wiring.runtime import CARGA_INICIAL
from include.fusion.wiring.search import SearchParts
from include.fusion.wiring.systems import module_of


class Runtime(SearchParts, DeliveryParts):
    """Puts one run together from its settings."""

    @property
    def fila_inicial(self) -> Fila:
        """The queue that an initial load fills, behind live traffic."""
        return self.fila(CARGA_INICIAL)

    def via_inicial(self) -> Route:
        """That queue and the way of its records into Fusion."""
        return self.via(CARGA_INICIAL)

    def carga_inicial(self, settings: AjustesCarga) -> InitialLoad:
        """Queues the keys of every record."""
        return InitialLoad(
            self.queries,
            self.fusion,
            self.fila_inicial,
            self.watermarks(CARGA_INICIAL),
            page=settings.pagina,
            priority=settings.prioridade,
        )

    def own_initial_load(self, page: int) -> Any:
        """The initial load that a system has instead of the common one: ``page`` rows of the source's own tables at a time."""
        return module_of(self.integracao, "initial_load").CargaPacientes(
            self.queries,
            self.fusion,
            self.watermarks(CARGA_INICIAL),
            page=page,
            now=lambda: datetime.now(self.integracao.zone).replace(tzinfo=None),
            on_conclusion=lambda: self.forget_watermarks(None),
        )

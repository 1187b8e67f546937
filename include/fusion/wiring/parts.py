"""All parts of one run, those of an initial load included."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from include.fusion.change.initial_load import CargaInicial
from include.fusion.delivery.route import Via
from include.fusion.settings.sections import CargaInicial as AjustesCarga
from include.fusion.store.filas import Fila
from include.fusion.wiring.delivery import PartesEntrega
from include.fusion.wiring.runtime import CARGA_INICIAL
from include.fusion.wiring.search import PartesBusca
from include.fusion.wiring.systems import module_of


class Montagem(PartesBusca, PartesEntrega):
    """Puts one run together from its settings."""

    @property
    def fila_inicial(self) -> Fila:
        """The queue that an initial load fills, behind live traffic."""
        return self.fila(CARGA_INICIAL)

    def via_inicial(self) -> Via:
        """That queue and the way of its records into Fusion."""
        return self.via(CARGA_INICIAL)

    def carga_inicial(self, ajustes: AjustesCarga) -> CargaInicial:
        """Queues the keys of every record."""
        return CargaInicial(
            self.consultas,
            self.fusion,
            self.fila_inicial,
            self.marcas(CARGA_INICIAL),
            pagina=ajustes.pagina,
            prioridade=ajustes.prioridade,
        )

    def own_initial_load(self, page: int) -> Any:
        """The initial load that a system has instead of the common one: ``page`` rows of the source's own tables at a time."""
        return module_of(self.integracao, "initial_load").CargaPacientes(
            self.consultas,
            self.fusion,
            self.marcas(CARGA_INICIAL),
            pagina=page,
            agora=lambda: datetime.now(self.integracao.fuso).replace(tzinfo=None),
            ao_concluir=lambda: self.esquecer_marcas(None),
        )

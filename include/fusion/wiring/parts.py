"""All parts of one run, those of an initial load included."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from include.fusion.change.initial_load import CargaInicial
from include.fusion.delivery.route import Via
from include.fusion.store.filas import Fila
from include.fusion.wiring.delivery import PartesEntrega
from include.fusion.wiring.runtime import CARGA_INICIAL
from include.fusion.wiring.search import PartesBusca


class Montagem(PartesBusca, PartesEntrega):
    """Puts one run together from its settings."""

    @property
    def fila_inicial(self) -> Fila:
        return self.fila(CARGA_INICIAL)

    def via_inicial(self) -> Via:
        """That queue and the way of its records into Fusion."""
        return self.via(CARGA_INICIAL)

    def carga_inicial(self, ajustes: Any) -> CargaInicial:
        """Queues the keys of every record."""
        return CargaInicial(
            self.consultas,
            self.fusion,
            self.fila_inicial,
            self.marcas(CARGA_INICIAL),
            pagina=ajustes.pagina,
            prioridade=ajustes.prioridade,
        )

    def carga_pacientes(self, ajustes: Any) -> Any:
        """Copies every person of the source."""
        from include.fusion.sistemas.trackcare.initial_load import CargaPacientes

        fuso = self.integracao.fuso
        return CargaPacientes(
            self.consultas,
            self.fusion,
            self.marcas(CARGA_INICIAL),
            pagina=ajustes.max_records,
            agora=lambda: datetime.now(fuso).replace(tzinfo=None),
            ao_concluir=lambda: self.esquecer_marcas(None),
        )

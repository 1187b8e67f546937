"""Settings of e-SUS AB: the sections of its entry."""

from __future__ import annotations

from typing import ClassVar, Literal

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import CargaInicial, ImportacaoVigiada


class EsusAb(Integracao):
    SUFIXOS: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")
    BUSCA = "importacao"

    sistema: Literal["esus_ab"]
    importacao: ImportacaoVigiada
    carga_inicial: CargaInicial | None = None
    """Absent: no initial-load DAG."""

    @property
    def desde_o_inicio(self) -> bool:
        return self.carga_inicial is None


SETTINGS = EsusAb

"""Settings of e-SUS AB: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import WithHistory
from include.fusion.settings.sections import ImportacaoVigiada


class EsusAb(WithHistory):
    ENGINES = ("postgresql",)
    SEARCH = "importacao"

    sistema: Literal["esus_ab"]
    importacao: ImportacaoVigiada = Field(description="Acha os atendimentos alterados e os leva ao Fusion pelo layout JSON.")

    @property
    def from_the_start(self) -> bool:
        return self.carga_inicial is None


SETTINGS = EsusAb

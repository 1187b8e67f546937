"""Settings of Tasy: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import ON_DUTY, Acompanhamento, BuscaPaginada, Processamento, Processo


class Tasy(Integracao):
    """A section for every process of the old service, with its old name in snake case."""

    ENGINES = ("oracle",)
    SEARCH = "buscar_atendimentos"
    DELIVERY = "acompanhamento"

    sistema: Literal["tasy"]
    buscar_atendimentos: BuscaPaginada = Field(
        default=BuscaPaginada(), description="Enfileira em `ImportarAtendimento` o que `DT_ATUALIZACAO` diz que foi mexido."
    )
    buscar_informacoes_atendimentos: Processamento = Field(
        default=Processamento(), description="Lê cada atendimento da fila por inteiro e o leva ao Fusion."
    )
    gerar_pendencia_atualizacao_pacientes: Processo = Field(
        default=Processo(), description="Enfileira em `PendenciaIntegracao` os pacientes alterados."
    )
    integrar_pendencia_atualizacao_pacientes: Processamento = Field(
        default=Processamento(), description="Leva os cadastros de pacientes ao Fusion."
    )
    acompanhamento: Acompanhamento = Field(default=Acompanhamento(), description=ON_DUTY)


SETTINGS = Tasy

"""Settings of Tasy: the sections of its entry."""

from __future__ import annotations

from typing import Literal

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import Acompanhamento, BuscaPaginada, Processamento, Processo


class Tasy(Integracao):
    """A section for every process of the old service, with its old name in snake case."""

    ENGINES = ("oracle",)
    SEARCH = "buscar_atendimentos"
    DELIVERY = "acompanhamento"

    sistema: Literal["tasy"]
    buscar_atendimentos: BuscaPaginada = BuscaPaginada()
    buscar_informacoes_atendimentos: Processamento = Processamento()
    gerar_pendencia_atualizacao_pacientes: Processo = Processo()
    integrar_pendencia_atualizacao_pacientes: Processamento = Processamento()
    acompanhamento: Acompanhamento = Acompanhamento()


SETTINGS = Tasy

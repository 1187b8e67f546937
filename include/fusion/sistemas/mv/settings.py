"""Settings of MV: the sections of its entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from include.fusion.settings.integration import WithHistory
from include.fusion.settings.sections import Acompanhamento, Atualizacao, Processamento, Processo


class Mv(WithHistory):
    """A section for every process of the old service, with its old name in snake case."""

    ENGINES = ("oracle",)
    SEARCH = "atualizacao_fila_pendencias"
    DELIVERY = "acompanhamento"
    FROM_THE_START = False

    sistema: Literal["mv"]
    semi_uti: bool = False
    """Stays in a semi-intensive unit (UNID_INT.SN_SEMI_UTI) count as ICU."""
    atualizacao_fila_pendencias: Atualizacao = Atualizacao()
    busca_atendimentos_paciente: Processo = Processo()
    busca_atualizacoes_paciente: Processo = Processo()
    processamento_pendencia_abertura: Processamento = Processamento()
    processamento_pendencia_alta: Processamento = Processamento(Interval=timedelta(seconds=10))
    processamento_pendencia_troca_leito: Processamento = Processamento()
    processamento_pendencia_uti: Processamento = Processamento(Interval=timedelta(seconds=60))
    """``Interval``: between two sweeps of the attendances in an ICU."""
    processamento_pendencia_atualizacao_paciente: Processamento = Processamento()
    acompanhamento: Acompanhamento = Acompanhamento()

    def delivery_of(self, processo: str) -> Processamento:
        return Processamento.of(self.section(f"processamento_pendencia_{processo}"))


SETTINGS = Mv

"""Settings of MV: the sections of its entry."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal

from include.fusion.settings.integration import Integracao
from include.fusion.settings.sections import Acompanhamento, Atualizacao, CargaInicial, Entrega, Processamento, Processo


class Mv(Integracao):
    """Every process of the old service is a section of its own, under its old name in snake case."""

    SUFIXOS: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")
    BUSCA = "atualizacao_fila_pendencias"
    ENTREGA = "acompanhamento"
    DESDE_O_INICIO = False

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
    """``Interval``: how often the attendances in an ICU are looked at, whether or not anything says that they changed."""
    processamento_pendencia_atualizacao_paciente: Processamento = Processamento()
    acompanhamento: Acompanhamento = Acompanhamento()
    carga_inicial: CargaInicial | None = None
    """Absent: no initial-load DAG."""

    def entrega_de(self, processo: str) -> Entrega:
        entrega: Entrega = getattr(self, f"processamento_pendencia_{processo}")
        return entrega


SETTINGS = Mv

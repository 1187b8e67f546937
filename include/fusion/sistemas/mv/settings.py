"""Settings of MV: the sections of its entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from include.fusion.settings.integration import WithHistory
from include.fusion.settings.sections import ON_DUTY, Acompanhamento, Atualizacao, Processamento, Processo


class Mv(WithHistory):
    """A section for every process of the old service, with its old name in snake case."""

    ENGINES = ("oracle",)
    SEARCH = "atualizacao_fila_pendencias"
    DELIVERY = "acompanhamento"
    FROM_THE_START = False

    sistema: Literal["mv"]
    semi_uti: bool = Field(default=False, description="`true`: unidades semi-intensivas (`UNID_INT.SN_SEMI_UTI`) contam como UTI.")
    atualizacao_fila_pendencias: Atualizacao = Field(
        default=Atualizacao(),
        description="Esvazia o diário da trigger em `DBAMV.ATENDIME`, vê documentos, sinais vitais e prescrições novos e alimenta as filas.",
    )
    busca_atendimentos_paciente: Processo = Field(
        default=Processo(), description="Enfileira os atendimentos dos pacientes que o Fusion pediu (`PendenciaBuscaAtendimentos`)."
    )
    busca_atualizacoes_paciente: Processo = Field(default=Processo(), description="Enfileira os pacientes alterados.")
    processamento_pendencia_abertura: Processamento = Field(default=Processamento(), description="Leva as aberturas ao Fusion.")
    processamento_pendencia_alta: Processamento = Field(
        default=Processamento(Interval=timedelta(seconds=10)), description="Leva as altas ao Fusion."
    )
    processamento_pendencia_troca_leito: Processamento = Field(default=Processamento(), description="Leva as trocas de leito ao Fusion.")
    processamento_pendencia_uti: Processamento = Field(
        default=Processamento(Interval=timedelta(seconds=60)),
        description="Leva os atendimentos em UTI ao Fusion; `Interval` é o tempo entre duas rondas.",
    )
    processamento_pendencia_atualizacao_paciente: Processamento = Field(
        default=Processamento(), description="Leva os cadastros de pacientes ao Fusion."
    )
    acompanhamento: Acompanhamento = Field(default=Acompanhamento(), description=ON_DUTY)

    def delivery_of(self, processo: str) -> Processamento:
        return Processamento.of(self.section(f"processamento_pendencia_{processo}"))


SETTINGS = Mv

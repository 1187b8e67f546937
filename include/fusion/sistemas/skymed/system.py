"""Skymed: the surgical schedule of MV (``DBAMV.AGE_CIR``), announced to Fusion as pendências of an application.

A pendência only names its booking; nothing of it is read here. Who processes it (``fusion_service``, or the vendor's own Fusion.Service)
reads the booking as it is then. Two changes that wait together make one pendência. When an answer is lost, a booking may be announced twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from include.fusion.model.agenda import AplicacaoPendencia
from include.fusion.reading.form import FORM, code, day
from include.fusion.reading.spec import Journal, Origin, QueueProcess, Row, SystemSpec

if TYPE_CHECKING:
    from include.fusion.model.content import Record
    from include.fusion.store.filas import Operation

PROCESSO = "importar_pendencias"
BOOKINGS = {
    **FORM,
    "atendimento": code("Agendamento", "Código de um agendamento cirúrgico na origem (CD_AGE_CIR)."),
    "paciente": code("Paciente", "Código de um paciente na origem: todos os seus agendamentos."),
    "data_inicial": day("De", "Primeiro dia do período (início da cirurgia)."),
}
"""What a person may ask of a run. A record is a surgical booking, not an attendance."""


def route(row: Row) -> list[tuple[str, Operation]]:
    """Every row of the journal announces its booking."""
    return [(PROCESSO, "inclusao" if row["tp_operacao"] == "I" else "alteracao")]


def build(key: str, integracao: Any) -> Record:
    """The pendência of one booking (``key``). ``integracao`` is the entry: it says which application and method."""
    settings, now = integracao.importar_pendencias, datetime.now(UTC)
    return AplicacaoPendencia(
        aplicacao=settings.aplicacao,
        metodo=settings.metodo,
        id_entidade=key,
        integracao_origem=integracao.integracao_id,
        data_registro=now.replace(microsecond=now.microsecond // 1000 * 1000),
    )


SYSTEM = SystemSpec(
    nome="skymed",
    form=BOOKINGS,
    origins=(Origin("paciente_alterado"),),
    key_type=int,
    processos=(QueueProcess(PROCESSO, "AtualizacaoAgendaCirurgia", "aplicacao_pendencia", build=build, body=None),),
    journals=(Journal("diario_agenda", route, ("atualizacaoagendacirurgia_lido.nr_lote",)),),
)

"""Skymed: the surgical schedule of MV (``DBAMV.AGE_CIR``), announced to Fusion as application pendencies.

Nothing of a booking is read: the pendency names it, and whoever processes it (``fusion_service``, or the vendor's own Fusion.Service) reads
it as it is by then. Two changes that wait together are one pendency; one whose answer was lost may be announced twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from include.fusion.model.agenda import AplicacaoPendencia
from include.fusion.reading.spec import Journal, Origin, QueueProcess, Row, SystemSpec
from include.fusion.sistemas.skymed.form import BOOKINGS

if TYPE_CHECKING:
    from include.fusion.model.content import Record
    from include.fusion.store.filas import Operation

PROCESSO = "importar_pendencias"


def route(row: Row) -> list[tuple[str, Operation]]:
    """Every row is a booking to announce."""
    return [(PROCESSO, "inclusao" if row["tp_operacao"] == "I" else "alteracao")]


def build(key: str, integracao: Any) -> Record:
    """The pendency of one booking, registered now; the application and its method come from the settings."""
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
    journals=(Journal("diario_agenda", route),),
)

"""Skymed: the surgical schedule of MV (``DBAMV.AGE_CIR``), announced to Fusion as application pendencies.

Nothing of a booking is read: the pendency names it, and whoever processes it (``fusion_service``, or the vendor's own Fusion.Service) reads
it as it is by then. Two changes that wait together are one pendency; one whose answer was lost may be announced twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from include.fusion.model.agenda import AplicacaoPendencia
from include.fusion.reading.spec import Diario, Linha, Origem, Processo, Sistema
from include.fusion.sistemas.skymed.form import BOOKINGS

if TYPE_CHECKING:
    from include.fusion.model.content import Registro
    from include.fusion.store.filas import Operacao

PROCESSO = "importar_pendencias"


def rotear(linha: Linha) -> list[tuple[str, Operacao]]:
    """Every row is a booking to announce."""
    return [(PROCESSO, "inclusao" if linha["tp_operacao"] == "I" else "alteracao")]


def montar(chave: str, integracao: Any) -> Registro:
    """The pendency of one booking, registered now; the application and its method come from the settings."""
    ajustes, agora = integracao.importar_pendencias, datetime.now(UTC)
    return AplicacaoPendencia(
        aplicacao=ajustes.aplicacao,
        metodo=ajustes.metodo,
        id_entidade=chave,
        integracao_origem=integracao.integracao_id,
        data_registro=agora.replace(microsecond=agora.microsecond // 1000 * 1000),
    )


SISTEMA = Sistema(
    nome="skymed",
    form=BOOKINGS,
    origens=(Origem("paciente_alterado"),),
    tipo_chave=int,
    processos=(Processo(PROCESSO, "AtualizacaoAgendaCirurgia", "aplicacao_pendencia", montar=montar, body=None),),
    diarios=(Diario("diario_agenda", rotear),),
)

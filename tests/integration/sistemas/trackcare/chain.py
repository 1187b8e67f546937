"""TrackCare's whole chain without Airflow: from the hospital's tables to messages in PacienteArquivo and in Fusion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from include.fusion.delivery.result import DeliveryResult
from include.fusion.hl7.wire.transport import Hl7Carrier, HttpTransport
from include.fusion.sistemas.trackcare.initial_load import PatientInitialLoad
from include.fusion.wiring.names import Runtime
from sandbox.postgres import Postgres
from tests.harness import Harness

PENDENCIA = "pendencia_busca_paciente"
OWNER = "teste/run/envio#1|"


class Chain(Harness):
    """The chain of one TrackCare, each step as its task does it. ``settings``: setting of the entry → values of its own."""

    def __init__(self, postgres: Postgres, folder: Path, atendimentos: int, **settings: dict[str, Any]) -> None:
        self._settings = settings
        super().__init__(postgres, folder, "trackcare", atendimentos)

    def build(self, integracao: str = "") -> Runtime:
        made = super().build(integracao)
        i: Any = made.integracao
        made.integracao = i.model_copy(update={name: getattr(i, name).model_copy(update=v) for name, v in self._settings.items()})
        return made

    def carga_inicial(self, page: int = 20, delay: str = "0 s") -> int:
        carga = PatientInitialLoad(
            self.runtime.queries,
            self.runtime.fusion,
            self.runtime.watermarks("carga_inicial"),
            page=page,
            now=lambda: self.origem(f"select clock_timestamp() at time zone 'America/Sao_Paulo' - interval '{delay}'")[0][0],
            on_conclusion=lambda: self.runtime.forget_watermarks(None),
        )
        return carga.run(on_progress=lambda _: None, wait=lambda: None).feitos

    def prepare(self) -> Any:
        return self.runtime.prepare_hl7_pendencias(OWNER)

    def send(self, transport: Any = None) -> DeliveryResult:
        client = Hl7Carrier(transport or HttpTransport(self.client(), "/api/HL7/2"))
        settings = self.runtime.integracao.delivery.model_copy(update={"permanencia": self.standstill})
        return self.runtime.delivery(settings, client, OWNER, self.runtime.routes()).run()

    def everything(self) -> DeliveryResult:
        self.load()
        self.prepare()
        return self.send()

    def mensagens(self, where: str = "true") -> list[tuple[Any, ...]]:
        """(type, control id, patient) in Fusion, in order of arrival."""
        return self.fusion(f"select tipo, controle, codigo_paciente from mensagem_hl7 where {where} order by id")

    def situacoes(self, table: str = "PacienteArquivo") -> dict[str, int]:
        return dict(self.fila(f"select situacao, count(*) from {table} where integracao_id = 2 group by 1"))

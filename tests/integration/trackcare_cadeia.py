"""TrackCare's whole chain without Airflow: from the hospital's tables to messages in PacienteArquivo and in Fusion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from include.fusion.delivery.result import Resultado
from include.fusion.hl7.wire.transport import EnviadorHl7, TransporteHttp
from include.fusion.sistemas.trackcare.initial_load import CargaPacientes
from include.fusion.wiring import Montagem
from sandbox.postgres import Postgres
from tests.bancada import Bancada

PENDENCIA = "pendencia_busca_paciente"
DONO = "teste/run/envio#1|"


class Cadeia(Bancada):
    """The chain of one TrackCare, each step as its task does it. ``ajustes``: setting of the entry → values of its own."""

    def __init__(self, postgres: Postgres, pasta: Path, atendimentos: int, **ajustes: dict[str, Any]) -> None:
        self._ajustes = ajustes
        super().__init__(postgres, pasta, "trackcare", atendimentos)

    def montar(self, integracao: str = "") -> Montagem:
        feita = super().montar(integracao)
        i: Any = feita.integracao
        feita.integracao = i.model_copy(update={nome: getattr(i, nome).model_copy(update=v) for nome, v in self._ajustes.items()})
        return feita

    def carga_inicial(self, pagina: int = 20, atraso: str = "0 s") -> int:
        carga = CargaPacientes(
            self.montagem.consultas,
            self.montagem.fusion,
            self.montagem.marcas("carga_inicial"),
            pagina=pagina,
            agora=lambda: self.origem(f"select clock_timestamp() at time zone 'America/Sao_Paulo' - interval '{atraso}'")[0][0],
            ao_concluir=lambda: self.montagem.esquecer_marcas(None),
        )
        return carga.executar(ao_avancar=lambda _: None, esperar=lambda: None).feitos

    def preparar(self) -> Any:
        return self.montagem.atender_pendencias_hl7(DONO)

    def enviar(self, transporte: Any = None) -> Resultado:
        cliente = EnviadorHl7(transporte or TransporteHttp(self.cliente(), "/api/HL7/2"))
        ajustes = self.montagem.integracao.entrega.model_copy(update={"permanencia": self.parado})
        return self.montagem.entrega(ajustes, cliente, DONO, self.montagem.vias()).executar()

    def tudo(self) -> Resultado:
        self.carregar()
        self.preparar()
        return self.enviar()

    def mensagens(self, onde: str = "true") -> list[tuple[Any, ...]]:
        """(type, control id, patient) in Fusion, in order of arrival."""
        return self.fusion(f"select tipo, controle, codigo_paciente from mensagem_hl7 where {onde} order by id")

    def situacoes(self, tabela: str = "PacienteArquivo") -> dict[str, int]:
        return dict(self.fila(f"select situacao, count(*) from {tabela} where integracao_id = 2 group by 1"))

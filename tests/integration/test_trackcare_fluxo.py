"""TrackCare from its own tables to Fusion's HL7 controller: real databases, real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from include.fusion.carga_pacientes import CargaPacientes
from include.fusion.entrega import Resultado
from include.fusion.hl7.cliente import ClienteHl7
from include.fusion.hl7.transporte import TransporteHttp
from sandbox.postgres import Postgres
from tests.bancada import Bancada

PENDENCIA, ENVIO = "pendencia_busca_paciente", "envio_arquivo_fusion"
DONO = "teste/run/envio#1|"


class Cadeia(Bancada):
    """The chain of one TrackCare, each step as its task does it."""

    def carga_inicial(self, pagina: int = 20) -> int:
        carga = CargaPacientes(
            self.montagem.consultas,
            self.montagem.fusion,
            self.montagem.marcas("carga_inicial"),
            pagina=pagina,
            agora=lambda: self.origem("select clock_timestamp() at time zone 'America/Sao_Paulo'")[0][0],
        )
        return carga.executar(ao_avancar=lambda _: None, esperar=lambda: None).feitos

    def preparar(self) -> Any:
        return self.montagem.atender_pendencias_hl7(DONO)

    def enviar(self, transporte: Any = None) -> Resultado:
        cliente = ClienteHl7(transporte or TransporteHttp(self.cliente(), "/api/HL7/2"))
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


@pytest.fixture(scope="module")
def modulo(postgres: Postgres, tmp_path_factory: Any) -> Iterator[Cadeia]:
    c = Cadeia(postgres, tmp_path_factory.mktemp("trackcare"), "trackcare", 40)
    c.carga_inicial()
    c.tudo()
    yield c
    c.fechar()


@pytest.fixture
def cadeia(modulo: Cadeia) -> Iterator[Cadeia]:
    yield modulo
    modulo.tudo()
    assert set(modulo.situacoes()) <= {"concluido", "descartado"}


def test_the_whole_history_arrives_as_messages(cadeia: Cadeia) -> None:
    pessoas = cadeia.origem("select count(*) from sqluser.pacienteses")[0][0]
    assert cadeia.fila("select count(*) from PacienteSES where integracao_id = 2")[0][0] == pessoas > 0
    assert len({p for *_, p in cadeia.mensagens()}) > pessoas / 2
    assert len(cadeia.mensagens()) == cadeia.situacoes()["concluido"]


def test_nothing_new_makes_and_sends_nothing(cadeia: Cadeia) -> None:
    antes = len(cadeia.mensagens())
    cadeia.montagem.esquecer_marcas(None)
    assert cadeia.carregar() == 0
    cadeia.fila("update marca_dagua set marcador = marcador where false")
    assert (cadeia.preparar().mensagens, cadeia.enviar().enviados, len(cadeia.mensagens())) == (0, 0, antes)


def test_a_change_becomes_messages_of_that_patient_only(cadeia: Cadeia) -> None:
    antes = {c for _, c, _ in cadeia.mensagens()}
    mudanca = cadeia.mudar(1)[0]
    cadeia.tudo()
    novas = [(t, p) for t, c, p in cadeia.mensagens() if c not in antes]
    assert novas and {p for _, p in novas} <= {mudanca.chave_paciente, mudanca.chave}

"""Settings of TrackCare: the sections of its entry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.interval import Interval
from include.fusion.settings.sections import LOOK_AT_QUEUE, Acompanhamento, BuscaPaginada, CargaPacientes, PendenciaBusca, Retencao, _day
from include.fusion.settings.strict_yaml import StrictModel


class Hl7(StrictModel):
    """How HL7 messages are written; ``include.fusion.hl7.build.profile`` explains each."""

    versao: Literal["2.4", "2.5.1", "2.7"] = Field(default="2.4", description="Versão das mensagens (MSH-12).")
    charset: str = Field(default="8859/1", description="MSH-18, e a codificação dos bytes.")
    remetente: str = Field(default="TRACKCARE", description="MSH-3: por ele o Fusion acha a integração.")
    unidade_remetente: str = Field(default="TRACKCARE", description="MSH-4.")
    destinatario: str = Field(default="FUSION", description="MSH-5.")
    unidade_destinataria: str = Field(default="FUSION", description="MSH-6.")
    processamento: Literal["P", "T", "D"] = Field(default="P", description="MSH-11: produção, treinamento ou depuração.")
    aproximar: bool = Field(
        default=False,
        description="`true`: sinais simples no lugar dos tipográficos que o charset não tem. `false`: o paciente é recusado.",
    )
    autoridade: str = Field(default="TRACKCARE", description="CX-4 dos números da origem.")
    tipo_cpf: str = Field(default="NI", description="CX-5 de um CPF (a tabela 0203 não tem código para ele).")


class PacienteTrackCare(StrictModel):
    """Columns and rules that differ between sites."""

    nome_em: list[str] = Field(
        default_factory=lambda: ["paper_name2", "paper_name"], description="Colunas de `PA_Person` que formam o nome, em ordem de leitura."
    )
    nome_social_em: str = Field(default="paper_name3", description="Coluna do nome social.")
    cpf_em: list[str] = Field(
        default_factory=lambda: ["paper_id", "papmi_id"], description="Colunas que podem ter o CPF, a melhor primeiro."
    )
    cns_em: list[str] = Field(
        default_factory=lambda: ["paper_governcardno", "papmi_medicare"], description="Colunas que podem ter o CNS, a melhor primeiro."
    )
    evento_ambulatorial: Literal["A01", "A04"] = Field(
        default="A01", description="Primeiro evento de uma visita ambulatorial; `A04` se o Fusion tiver layout para ele."
    )
    desde: Annotated[date | None, BeforeValidator(_day)] = Field(
        default=None, description="Episódios que terminaram antes deste dia (`2026-01-31`) não são enviados."
    )


class EnvioArquivo(Acompanhamento, Retencao):
    """Sends waiting messages, and keeps the run on duty while traffic is steady."""

    intervalo: Interval = Field(
        default=timedelta(seconds=5), validation_alias="Interval", serialization_alias="Interval", description=LOOK_AT_QUEUE
    )
    lote: int = Field(default=500, ge=1, le=5000, alias="MaxRecords", description="Mensagens reservadas juntas.")

    @property
    def keys_per_statement(self) -> int:
        return 0  # Messages are in the integration database: no statement at the source.


class TrackCare(Integracao):
    """``conexoes.origem`` is the database of TrakCare; ``conexoes.hl7`` gets the messages: HTTP API of Fusion, or an MLLP receiver."""

    SUFFIXES: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")
    ENGINES = ("iris",)
    SEARCH = "sincronizar_pacientes"
    DELIVERY = "envio_arquivo_fusion"

    sistema: Literal["trackcare"]
    hl7: Hl7 = Field(default=Hl7(), description="Como as mensagens HL7 são escritas.")
    paciente: PacienteTrackCare = Field(default=PacienteTrackCare(), description="Colunas e regras que variam de um hospital a outro.")
    carga_inicial_pacientes: CargaPacientes = Field(
        default=CargaPacientes(), description="Percorre uma única vez `SQLUser.PA_Person` e grava as pessoas em `PacienteSES`."
    )
    sincronizar_pacientes: BuscaPaginada = Field(
        default=BuscaPaginada(), description="Compara os pacientes alterados em `PacienteSES` com a cópia e grava os que diferem."
    )
    pendencia_busca_paciente: PendenciaBusca = Field(
        default=PendenciaBusca(), description="Lê por inteiro cada paciente e grava as mensagens HL7 novas em `PacienteArquivo`."
    )
    envio_arquivo_fusion: EnvioArquivo = Field(default=EnvioArquivo(), description="Envia as mensagens, na ordem de cada paciente.")

    @property
    def initial_load(self) -> CargaPacientes:
        return self.carga_inicial_pacientes


SETTINGS = TrackCare

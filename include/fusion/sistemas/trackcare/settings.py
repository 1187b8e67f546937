"""Settings of TrackCare: the sections of its entry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from include.fusion.settings.integration import Integracao
from include.fusion.settings.interval import Interval
from include.fusion.settings.sections import Acompanhamento, BuscaPaginada, CargaPacientes, PendenciaBusca, Retencao, _day
from include.fusion.settings.strict_yaml import StrictModel


class Hl7(StrictModel):
    """How HL7 messages are written; ``include.fusion.hl7.build.profile`` explains each."""

    versao: Literal["2.4", "2.5.1", "2.7"] = "2.4"
    charset: str = "8859/1"
    """MSH-18 and the encoding of the bytes."""
    remetente: str = "TRACKCARE"
    """MSH-3: by it Fusion finds the integração."""
    unidade_remetente: str = "TRACKCARE"
    destinatario: str = "FUSION"
    unidade_destinataria: str = "FUSION"
    processamento: Literal["P", "T", "D"] = "P"
    aproximar: bool = False
    """true: plain signs replace typographic ones that the charset does not have; false: the patient is refused."""
    autoridade: str = "TRACKCARE"
    tipo_cpf: str = "NI"


class PacienteTrackCare(StrictModel):
    """Columns and rules that differ between sites."""

    nome_em: list[str] = Field(default_factory=lambda: ["paper_name2", "paper_name"])
    """Columns of PA_Person that make the name, in reading order."""
    nome_social_em: str = "paper_name3"
    cpf_em: list[str] = Field(default_factory=lambda: ["paper_id", "papmi_id"])
    """Columns that may hold the CPF, best first."""
    cns_em: list[str] = Field(default_factory=lambda: ["paper_governcardno", "papmi_medicare"])
    evento_ambulatorial: Literal["A01", "A04"] = "A01"
    """First event of an outpatient visit; A04 if Fusion has a layout for it."""
    desde: Annotated[date | None, BeforeValidator(_day)] = None
    """Episodes that ended before this day are not sent."""


class EnvioArquivo(Acompanhamento, Retencao):
    """Sends waiting messages, and keeps the run on duty while traffic is steady."""

    intervalo: Interval = Field(default=timedelta(seconds=5), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks at the queue."""
    lote: int = Field(default=500, ge=1, le=5000, alias="MaxRecords")
    """Messages reserved together."""

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
    hl7: Hl7 = Hl7()
    paciente: PacienteTrackCare = PacienteTrackCare()
    carga_inicial_pacientes: CargaPacientes = CargaPacientes()
    sincronizar_pacientes: BuscaPaginada = BuscaPaginada()
    pendencia_busca_paciente: PendenciaBusca = PendenciaBusca()
    envio_arquivo_fusion: EnvioArquivo = EnvioArquivo()

    @property
    def initial_load(self) -> CargaPacientes:
        return self.carga_inicial_pacientes


SETTINGS = TrackCare

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
    """How HL7 messages are written; see ``include.fusion.hl7.build.profile`` for what each means."""

    versao: Literal["2.4", "2.5.1", "2.7"] = "2.4"
    charset: str = "8859/1"
    """MSH-18, and the bytes that travel."""
    remetente: str = "TRACKCARE"
    """MSH-3: Fusion finds the integration by it."""
    unidade_remetente: str = "TRACKCARE"
    destinatario: str = "FUSION"
    unidade_destinataria: str = "FUSION"
    processamento: Literal["P", "T", "D"] = "P"
    aproximar: bool = False
    """true: typographic signs that the charset lacks become plain ones; false: such a patient is refused."""
    autoridade: str = "TRACKCARE"
    tipo_cpf: str = "NI"


class PacienteTrackCare(StrictModel):
    """Where a site keeps what TrakCare has no fixed place for."""

    nome_em: list[str] = Field(default_factory=lambda: ["paper_name2", "paper_name"])
    """Columns of PA_Person that make a name, in reading order."""
    nome_social_em: str = "paper_name3"
    cpf_em: list[str] = Field(default_factory=lambda: ["paper_id", "papmi_id"])
    """Columns to look for the CPF in, best first."""
    cns_em: list[str] = Field(default_factory=lambda: ["paper_governcardno", "papmi_medicare"])
    evento_ambulatorial: Literal["A01", "A04"] = "A01"
    """A04 where Fusion has a layout for it."""
    desde: Annotated[date | None, BeforeValidator(_day)] = None
    """Episodes that ended before this day do not travel."""


class EnvioArquivo(Acompanhamento, Retencao):
    """Sends waiting messages, and keeps the run on duty while traffic is steady (TrackCare)."""

    intervalo: Interval = Field(default=timedelta(seconds=5), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks at the queue."""
    lote: int = Field(default=500, ge=1, le=5000, alias="MaxRecords")
    """Messages reserved together."""

    @property
    def keys_per_statement(self) -> int:
        return 0  # Messages wait in the integration database.


class TrackCare(Integracao):
    """``conexoes.origem`` is TrakCare's database, ``conexoes.hl7`` where messages go: Fusion's HTTP API or an MLLP receiver."""

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

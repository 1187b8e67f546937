"""One model per kind of process, shared by all source systems.

Every duration takes a .NET TimeSpan text or a number of seconds (see :mod:`include.fusion.settings.intervalo`) and is a
``timedelta`` in Python. The capitalised names are those of the old services' ``appsettings.json``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from include.fusion.settings.intervalo import Duracao, Intervalo, ler_intervalo
from include.fusion.settings.leitura import Modelo, achado

_VIGIA_MINIMO = timedelta(milliseconds=50)
_PRAZO_MINIMO = timedelta(seconds=10)


def _vigia(valor: Any) -> timedelta:
    lido = ler_intervalo(valor)
    if lido < _VIGIA_MINIMO:
        raise ValueError(f"expected at least 0.05 seconds, found {achado(valor)}")
    return lido


def _prazo(valor: Any) -> timedelta:
    # Renewed at a third of it, give or take two seconds: a shorter one would run out under a living delivery, which would send twice.
    lido = ler_intervalo(valor)
    if lido < _PRAZO_MINIMO:
        raise ValueError(f"expected at least {_PRAZO_MINIMO.seconds} seconds, found {achado(valor)}")
    return lido


def _dia(valor: Any) -> date | None:
    try:
        return date.fromisoformat(valor) if isinstance(valor, str) else valor
    except ValueError:
        raise ValueError(f"expected a day such as 2026-01-31, found {achado(valor)}") from None


class Processo(Modelo):
    habilitado: bool = True
    """false: the step stays in the graph and is skipped."""


class Busca(Processo):
    """How changes are found at the source: by its watermark, and as soon as a watcher sees one."""

    vigiar_origem: bool = True
    """true: a watcher polls the source and starts a run at the first change; false: only the interval does."""
    intervalo_vigia: Annotated[timedelta, BeforeValidator(_vigia)] = timedelta(seconds=0.5)
    """Between two polls of the watcher; at least 0.05 s."""
    sobreposicao: Duracao = timedelta(seconds=120)
    """Read again this far behind the watermark, for rows whose transaction committed late."""
    pagina: int = Field(default=5000, ge=1, le=100_000)
    """Changed keys read and enqueued at a time."""


class Entrega(Processo):
    """How queued records reach Fusion, and when failures count."""

    lote: int = Field(default=200, ge=1, le=2000)
    """Records reserved, read and mapped together."""
    concorrencia: int = Field(default=32, ge=1, le=256)
    """Requests in flight at Fusion."""
    permanencia: Duracao = timedelta(seconds=30)
    """A run stays this long on an empty queue before it ends: a change within it takes no task start, which costs more than the wait."""
    prazo_reserva: Annotated[timedelta, BeforeValidator(_prazo)] = timedelta(seconds=120)
    """Lease of a reserved batch: a killed worker's records come back after it. At least 10 s."""
    tentativas_max: int = Field(default=8, ge=1, le=100)
    """Deliveries of one record that may fail for a passing reason before it goes to ``erro``."""
    espera_inicial: Intervalo = timedelta(seconds=2)
    """Wait after a record's first failure; it doubles with each further one, with jitter."""
    espera_max: Intervalo = timedelta(seconds=300)
    """Longest such wait."""
    parcela_erro_max: float = Field(default=0.5, gt=0, le=1)
    """Share of refused records (0 to 1) above which the run turns red: a systemic fault such as a changed layout."""
    minimo_para_parcela: int = Field(default=20, ge=1)
    """Records a run must have handled before that share says anything."""

    @model_validator(mode="after")
    def _espera_coerente(self) -> Self:
        if self.espera_inicial > self.espera_max:
            raise ValueError("espera_inicial: expected no more than espera_max")
        return self


class Carga(Busca):
    """Finds changed attendances and feeds the queue."""

    intervalo: Intervalo = Field(default=timedelta(hours=23, seconds=5), alias="IntervaloCarga")
    """Between two loads that no watcher asked for: "23:00:05" is every 23 h 0 min 5 s, not "at 23:00"."""


class Importacao(Entrega):
    """Delivers queued attendances; ``IntervaloImportacao`` and ``Interval`` are the two names the old services gave one setting."""

    intervalo: Intervalo = Field(
        default=timedelta(seconds=5), validation_alias=AliasChoices("IntervaloImportacao", "Interval"), serialization_alias="Interval"
    )
    """Between two looks at the queue."""
    max_records: int = Field(default=5000, ge=1, le=1_000_000, alias="MaxRecords")
    """Records per cycle at most."""
    retencao_dias: int = Field(default=30, ge=1, le=3650)
    """Days that finished queue rows are kept."""


class ImportarPendencias(Busca, Importacao):
    """Finds changed bookings and announces each to the application of Fusion that processes them (Skymed)."""

    aplicacao: str = Field(default="AgendaCirurgica", min_length=1, max_length=100)
    """Application in Fusion that the pendency is for."""
    metodo: str = Field(default="Sincronizar", min_length=1, max_length=100)
    """What the application shall do with the booking."""


class BuscaPendencias(Busca):
    """Looks at what applications of Fusion have pending (Fusion.Service)."""

    intervalo: Intervalo = Field(default=timedelta(seconds=30), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks where no watcher observes Fusion."""
    intervalo_vigia: Annotated[timedelta, BeforeValidator(_vigia)] = timedelta(seconds=1)
    """Between two looks at Fusion's API, of the watcher and of a run that is at work."""
    pagina: int = Field(default=500, ge=1, le=1000)
    """Pendencies per page."""
    aplicacao: str = Field(default="AgendaCirurgica", min_length=1, max_length=100)
    """Application whose pendencies are processed."""
    atende: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    """IntegracaoIDs that announce them: those of the Skymed entries."""


class ImportacaoVigiada(Busca, Importacao):
    """One process that finds changes and delivers them through a JSON layout (e-SUS AB)."""

    layout_id: int = Field(ge=1, alias="LayoutID")
    """Layout in Fusion that takes the records."""


class Atualizacao(Busca):
    """One of several processes that look for work (MV): its ``Interval`` counts where no watcher observes the source."""

    intervalo: Intervalo = Field(default=timedelta(seconds=30), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks that no watcher asked for."""


class BuscaPaginada(Atualizacao):
    """The same for a process whose old service had a ``MaxRecords``, too (Sotech, Tasy)."""

    pagina: int = Field(
        default=5000, ge=1, le=100_000, validation_alias=AliasChoices("MaxRecords", "pagina"), serialization_alias="MaxRecords"
    )
    """Changed keys (Sotech: rows that are compared) read and enqueued at a time; the next ones follow at once."""


class CargaComparada(BuscaPaginada):
    """The same where change is found by comparison (Sotech)."""

    perda_max: float = Field(default=0.5, gt=0, le=1)
    """Share of a table's rows that may vanish between two looks: more is taken for a restore under way, and the load fails; 1: any."""


class Destinado(Modelo):
    """Where a process's records go in Fusion, where that is not where the entry's others go."""

    integracao_id: int | None = Field(default=None, ge=1, alias="IntegracaoID")
    """Code of the integration in Fusion that they arrive under; absent: the entry's."""
    layout_id: int | None = Field(default=None, ge=1, alias="LayoutID")
    """Layout in Fusion that takes them; absent: the controller of their kind (of an initial load: as live traffic)."""


class Processamento(Importacao, Destinado):
    """One of several processes that deliver a queue (MV). The run's last step stays on duty for all, so none lingers by itself."""

    permanencia: Duracao = timedelta(0)


class Acompanhamento(Entrega):
    """Keeps a run on duty for all queues while traffic is steady."""


class Hl7(Modelo):
    """How HL7 messages are written; see ``include.fusion.hl7.ajustes`` for what each means."""

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


class PacienteTrackCare(Modelo):
    """Where a site keeps what TrakCare has no fixed place for."""

    nome_em: list[str] = Field(default_factory=lambda: ["paper_name2", "paper_name"])
    """Columns of PA_Person that make a name, in reading order."""
    nome_social_em: str = "paper_name3"
    cpf_em: list[str] = Field(default_factory=lambda: ["paper_id", "papmi_id"])
    """Columns to look for the CPF in, best first."""
    cns_em: list[str] = Field(default_factory=lambda: ["paper_governcardno", "papmi_medicare"])
    evento_ambulatorial: Literal["A01", "A04"] = "A01"
    """A04 where Fusion has a layout for it."""
    desde: Annotated[date | None, BeforeValidator(_dia)] = None
    """Episodes that ended before this day do not travel."""


class CargaPacientes(Processo):
    """Pages the source's people by ascending number, each page a cycle (TrackCare)."""

    max_records: int = Field(default=5000, ge=1, le=100_000, alias="MaxRecords")
    """People per cycle."""
    intervalo: Duracao = Field(default=timedelta(0), validation_alias="Interval", serialization_alias="Interval")
    """Pause between two cycles."""
    pausar: bool = False
    """true: stop after the page at hand; the next run goes on from its checkpoint."""
    dagrun_timeout: Intervalo = timedelta(days=7)
    """Longest run."""


class PendenciaBusca(Processo):
    """Reads waiting patients as a whole and makes messages of them (TrackCare)."""

    intervalo: Intervalo = Field(default=timedelta(seconds=5), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks at the queue."""
    max_records: int = Field(default=200, ge=1, le=2000, alias="MaxRecords")
    """Patients that are read together."""
    retencao_dias: int = Field(default=30, ge=1, le=3650)
    """Days that finished queue rows are kept."""


class EnvioArquivo(Acompanhamento):
    """Sends waiting messages, and keeps the run on duty while traffic is steady (TrackCare)."""

    intervalo: Intervalo = Field(default=timedelta(seconds=5), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks at the queue."""
    lote: int = Field(default=500, ge=1, le=5000, alias="MaxRecords")
    """Messages reserved together."""
    retencao_dias: int = Field(default=30, ge=1, le=3650)
    """Days that sent messages are kept."""


class CargaInicial(Entrega, Destinado):
    """The whole history, once, behind live traffic."""

    permanencia: Duracao = timedelta(0)
    pagina: int = Field(default=2000, ge=1, le=100_000)
    """Keys per page; each page ends in a checkpoint."""
    prioridade: int = Field(default=9, ge=6, le=9)
    """Queue priority, smaller first; live records have 5."""
    pausar: bool = False
    """true: stop after the page at hand; the next run goes on from its checkpoint."""
    dagrun_timeout: Intervalo = timedelta(days=7)
    """Longest run."""

"""One model per kind of process, shared by all source systems.

Every duration takes a .NET TimeSpan text or a number of seconds (see :mod:`include.fusion.settings.interval`) and is a
``timedelta`` in Python. The capitalised names are those of the old services' ``appsettings.json``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Protocol, Self, runtime_checkable

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from include.fusion.settings.interval import Duration, Interval, read_interval
from include.fusion.settings.strict_yaml import StrictModel, match

_MIN_WATCH = timedelta(milliseconds=50)
_MIN_LEASE = timedelta(seconds=10)


def _watcher(value: Any) -> timedelta:
    read_item = read_interval(value)
    if read_item < _MIN_WATCH:
        raise ValueError(f"expected at least 0.05 seconds, found {match(value)}")
    return read_item


def _lease(value: Any) -> timedelta:
    # Renewed at a third of it, give or take two seconds: a shorter one would run out under a living delivery, which would send twice.
    read_item = read_interval(value)
    if read_item < _MIN_LEASE:
        raise ValueError(f"expected at least {_MIN_LEASE.seconds} seconds, found {match(value)}")
    return read_item


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"expected a day such as 2026-01-31, found {match(value)}") from None


@runtime_checkable
class Timed(Protocol):
    """A section with a clock of its own, whatever its setting is called in the file."""

    @property
    def intervalo(self) -> timedelta: ...


class Processo(StrictModel):
    """One step. What only some steps have a setting for can be asked of all."""

    habilitado: bool = True
    """false: the step stays in the graph and is skipped."""

    @classmethod
    def of(cls, section: Processo | None) -> Self:
        """The section as what its user needs it to be; :class:`TypeError` when the system's is another, or none."""
        if not isinstance(section, cls):
            raise TypeError(f"expected a section {cls.__name__}, found {type(section).__name__}")
        return section

    @property
    def interval(self) -> timedelta | None:
        """Between two looks by the clock; ``None``: it has no clock of its own."""
        return self.intervalo if isinstance(self, Timed) else None

    @property
    def own_code(self) -> int | None:
        """IntegracaoID that its records arrive under; ``None``: the entry's."""
        return None

    @property
    def own_layout(self) -> int | None:
        """Layout in Fusion that takes its records; ``None``: the controller of their kind."""
        return None


class SearchSettings(Processo):
    """How changes are found at the source: by its watermark, and as soon as a watcher sees one."""

    vigiar_origem: bool = True
    """true: a watcher polls the source and starts a run at the first change; false: only the interval does."""
    intervalo_vigia: Annotated[timedelta, BeforeValidator(_watcher)] = timedelta(seconds=0.5)
    """Between two polls of the watcher; at least 0.05 s."""
    sobreposicao: Duration = timedelta(seconds=120)
    """Read again this far behind the watermark, for rows whose transaction committed late."""
    pagina: int = Field(default=5000, ge=1, le=100_000)
    """Changed keys read and enqueued at a time."""

    @property
    def max_loss(self) -> float:
        """Share of a table's rows that may vanish between two looks, where change is found by comparison."""
        return 1.0


class DeliverySettings(Processo):
    """How queued records reach Fusion, and when failures count."""

    lote: int = Field(default=200, ge=1, le=2000)
    """Records reserved, read and mapped together."""
    concorrencia: int = Field(default=32, ge=1, le=256)
    """Requests in flight at Fusion."""
    permanencia: Duration = timedelta(seconds=30)
    """A run stays this long on an empty queue before it ends: a change within it takes no task start, which costs more than the wait."""
    prazo_reserva: Annotated[timedelta, BeforeValidator(_lease)] = timedelta(seconds=120)
    """Lease of a reserved batch: a killed worker's records come back after it. At least 10 s."""
    tentativas_max: int = Field(default=8, ge=1, le=100)
    """Deliveries of one record that may fail for a passing reason before it goes to ``erro``."""
    espera_inicial: Interval = timedelta(seconds=2)
    """Wait after a record's first failure; it doubles with each further one, with jitter."""
    espera_max: Interval = timedelta(seconds=300)
    """Longest such wait."""
    parcela_erro_max: float = Field(default=0.5, gt=0, le=1)
    """Share of refused records (0 to 1) above which the run turns red: a systemic fault such as a changed layout."""
    minimo_para_parcela: int = Field(default=20, ge=1)
    """Records a run must have handled before that share says anything."""

    @property
    def keys_per_statement(self) -> int:
        """Keys that a statement at the source may list: those of a batch, unless its records are read elsewhere."""
        return self.lote

    @model_validator(mode="after")
    def _coherent_wait(self) -> Self:
        if self.espera_inicial > self.espera_max:
            raise ValueError("espera_inicial: expected no more than espera_max")
        return self


class Carga(SearchSettings):
    """Finds changed attendances and feeds the queue."""

    intervalo: Interval = Field(default=timedelta(hours=23, seconds=5), alias="IntervaloCarga")
    """Between two loads that no watcher asked for: "23:00:05" is every 23 h 0 min 5 s, not "at 23:00"."""


class Retencao(Processo):
    """A step that ends rows of a queue."""

    retencao_dias: int = Field(default=30, ge=1, le=3650)
    """Days that finished queue rows are kept."""


class Importacao(DeliverySettings, Retencao):
    """Delivers queued attendances; ``IntervaloImportacao`` and ``Interval`` are the two names the old services gave one setting."""

    intervalo: Interval = Field(
        default=timedelta(seconds=5), validation_alias=AliasChoices("IntervaloImportacao", "Interval"), serialization_alias="Interval"
    )
    """Between two looks at the queue."""
    max_records: int = Field(default=5000, ge=1, le=1_000_000, alias="MaxRecords")
    """Records per cycle at most."""


class ImportacaoVigiada(SearchSettings, Importacao):
    """One process that finds changes and delivers them through a JSON layout (e-SUS AB)."""

    layout_id: int = Field(ge=1, alias="LayoutID")
    """Layout in Fusion that takes the records."""

    @property
    def own_layout(self) -> int:
        return self.layout_id


class Atualizacao(SearchSettings):
    """One of several processes that look for work (MV): its ``Interval`` counts where no watcher observes the source."""

    intervalo: Interval = Field(default=timedelta(seconds=30), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks that no watcher asked for."""


class BuscaPaginada(Atualizacao):
    """The same for a process whose old service had a ``MaxRecords``, too (Sotech, Tasy)."""

    pagina: int = Field(
        default=5000, ge=1, le=100_000, validation_alias=AliasChoices("MaxRecords", "pagina"), serialization_alias="MaxRecords"
    )
    """Changed keys (Sotech: rows that are compared) read and enqueued at a time; the next ones follow at once."""


class Addressed(Processo):
    """Where a process's records go in Fusion, where that is not where the entry's others go."""

    integracao_id: int | None = Field(default=None, ge=1, alias="IntegracaoID")
    """Code of the integration in Fusion that they arrive under; absent: the entry's."""
    layout_id: int | None = Field(default=None, ge=1, alias="LayoutID")
    """Layout in Fusion that takes them; absent: the controller of their kind (of an initial load: as live traffic)."""

    @property
    def own_code(self) -> int | None:
        return self.integracao_id

    @property
    def own_layout(self) -> int | None:
        return self.layout_id


class Processamento(Importacao, Addressed):
    """One of several processes that deliver a queue (MV). The run's last step stays on duty for all, so none lingers by itself."""

    permanencia: Duration = timedelta(0)


class Acompanhamento(DeliverySettings):
    """Keeps a run on duty for all queues while traffic is steady."""


class Historico(Processo):
    """The whole history, once, page by page."""

    pausar: bool = False
    """true: stop after the page at hand; the next run goes on from its checkpoint."""
    dagrun_timeout: Interval = timedelta(days=7)
    """Longest run."""


class CargaInicial(DeliverySettings, Addressed, Historico):
    """Its keys are queued, behind live traffic, and their records delivered."""

    permanencia: Duration = timedelta(0)
    pagina: int = Field(default=2000, ge=1, le=100_000)
    """Keys per page; each page ends in a checkpoint."""
    prioridade: int = Field(default=9, ge=6, le=9)
    """Queue priority, smaller first; live records have 5."""


class CargaPacientes(Historico):
    """Pages the source's people by ascending number, each page a cycle."""

    max_records: int = Field(default=5000, ge=1, le=100_000, alias="MaxRecords")
    """People per cycle."""
    intervalo: Duration = Field(default=timedelta(0), validation_alias="Interval", serialization_alias="Interval")
    """Pause between two cycles."""


class BuscaPendencias(Atualizacao):
    """Looks at what applications of Fusion have pending; the source that a watcher observes is Fusion's API."""

    intervalo_vigia: Annotated[timedelta, BeforeValidator(_watcher)] = timedelta(seconds=1)
    """Between two looks at Fusion's API, of the watcher and of a run that is at work."""
    pagina: int = Field(default=500, ge=1, le=1000)
    """Pendencies per page."""
    aplicacao: str = Field(default="AgendaCirurgica", min_length=1, max_length=100)
    """Application whose pendencies are processed."""
    atende: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    """IntegracaoIDs of the entries that announce them."""


class PendenciaBusca(Retencao):
    """Reads waiting patients as a whole and makes messages of them."""

    intervalo: Interval = Field(default=timedelta(seconds=5), validation_alias="Interval", serialization_alias="Interval")
    """Between two looks at the queue."""
    max_records: int = Field(default=200, ge=1, le=2000, alias="MaxRecords")
    """Patients that are read together."""

"""Sections: one model per kind of process, for all systems.

Durations are a .NET TimeSpan text or a number of seconds (see :mod:`include.fusion.settings.interval`), and a ``timedelta`` in Python.
Capitalised names are those of the old services' ``appsettings.json``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from include.fusion.settings.interval import Duration, Interval, read_interval
from include.fusion.settings.strict_yaml import StrictModel, shown


def _at_least(seconds: float) -> BeforeValidator:
    def read(value: Any) -> timedelta:
        interval = read_interval(value)
        if interval < timedelta(seconds=seconds):
            raise ValueError(f"expected at least {seconds:g} seconds, found {shown(value)}")
        return interval

    return BeforeValidator(read)


WatchInterval = Annotated[timedelta, _at_least(0.05)]
# A lease is renewed after a third of it, give or take two seconds. A shorter one would expire under a living delivery: a second send.
Lease = Annotated[timedelta, _at_least(10)]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"expected a day such as 2026-01-31, found {shown(value)}") from None


class Processo(StrictModel):
    """One step. All steps answer for settings that only some have."""

    habilitado: bool = True
    """false: the step stays in the graph and is skipped."""

    @classmethod
    def of(cls, section: Processo | None) -> Self:
        """The section as this kind; :class:`TypeError` when it is of another kind, or absent."""
        if not isinstance(section, cls):
            raise TypeError(f"expected a section {cls.__name__}, found {type(section).__name__}")
        return section

    @property
    def interval(self) -> timedelta | None:
        """Time between two looks; ``None``: the step has no interval."""
        return getattr(self, "intervalo", None)

    @property
    def own_code(self) -> int | None:
        """IntegracaoID of its records in Fusion; ``None``: the entry's."""
        return None

    @property
    def own_layout(self) -> int | None:
        """Layout in Fusion for its records; ``None``: the controller of their kind takes them."""
        return None


class SearchSettings(Processo):
    """How changes are found at the source: from the watermark on, and as soon as a watcher sees one."""

    vigiar_origem: bool = True
    """true: a watcher polls the source and starts a run at the first change; false: runs start by the interval only."""
    intervalo_vigia: WatchInterval = timedelta(seconds=0.5)
    """Time between two polls of the watcher; at least 0.05 s."""
    sobreposicao: Duration = timedelta(seconds=120)
    """How far behind the watermark to read again, for rows of transactions that committed late."""
    pagina: int = Field(default=5000, ge=1, le=100_000)
    """Changed keys read and enqueued at a time."""

    @property
    def max_loss(self) -> float:
        """Share of a table's rows (0 to 1) that may vanish between two looks, when changes are found by comparison."""
        return 1.0


class DeliverySettings(Processo):
    """How queued records reach Fusion, and when failures count."""

    lote: int = Field(default=200, ge=1, le=2000)
    """Records reserved, read and mapped together."""
    concorrencia: int = Field(default=32, ge=1, le=256)
    """Requests in flight at Fusion."""
    permanencia: Duration = timedelta(seconds=30)
    """How long a run lingers on an empty queue: a change in that time needs no new task, and a task's start costs more."""
    prazo_reserva: Lease = timedelta(seconds=120)
    """Lease of a batch: after it, a killed worker's records are free again. At least 10 s."""
    tentativas_max: int = Field(default=8, ge=1, le=100)
    """Failures for a passing reason after which a record goes to ``erro``."""
    espera_inicial: Interval = timedelta(seconds=2)
    """Wait after a record's first failure; it doubles with each further one, plus jitter."""
    espera_max: Interval = timedelta(seconds=300)
    """Longest such wait."""
    parcela_erro_max: float = Field(default=0.5, gt=0, le=1)
    """Share of refused records (0 to 1) above which the run fails: the fault is then systemic, such as a changed layout."""
    minimo_para_parcela: int = Field(default=20, ge=1)
    """Records that a run must have handled before that share counts."""

    @property
    def keys_per_statement(self) -> int:
        """Keys in one statement at the source: those of a batch, unless its records are not read there."""
        return self.lote

    @model_validator(mode="after")
    def _coherent_wait(self) -> Self:
        if self.espera_inicial > self.espera_max:
            raise ValueError("espera_inicial: expected no more than espera_max")
        return self


class Carga(SearchSettings):
    """Finds changed attendances and feeds the queue."""

    intervalo: Interval = Field(default=timedelta(hours=23, seconds=5), alias="IntervaloCarga")
    """Time between two loads without a watcher's request: "23:00:05" is every 23 h 0 min 5 s, not "at 23:00"."""


class Retencao(Processo):
    """A step that closes rows of a queue."""

    retencao_dias: int = Field(default=30, ge=1, le=3650)
    """How many days closed rows are kept."""


class Importacao(DeliverySettings, Retencao):
    """Delivers queued attendances. ``IntervaloImportacao`` and ``Interval`` are one setting: the old services had two names for it."""

    intervalo: Interval = Field(
        default=timedelta(seconds=5), validation_alias=AliasChoices("IntervaloImportacao", "Interval"), serialization_alias="Interval"
    )
    """Time between two looks at the queue."""
    max_records: int = Field(default=5000, ge=1, le=1_000_000, alias="MaxRecords")
    """Most records per cycle."""


class ImportacaoVigiada(SearchSettings, Importacao):
    """One process that finds changes and delivers them through a JSON layout (e-SUS AB)."""

    layout_id: int = Field(ge=1, alias="LayoutID")
    """Layout in Fusion for the records."""

    @property
    def own_layout(self) -> int:
        return self.layout_id


class Atualizacao(SearchSettings):
    """One of several processes that look for work (MV); ``Interval`` counts when the source has no watcher."""

    intervalo: Interval = Field(default=timedelta(seconds=30), validation_alias="Interval", serialization_alias="Interval")
    """Time between two looks without a watcher's request."""


class BuscaPaginada(Atualizacao):
    """The same, with the ``MaxRecords`` of the old services (Sotech, Tasy)."""

    pagina: int = Field(
        default=5000, ge=1, le=100_000, validation_alias=AliasChoices("MaxRecords", "pagina"), serialization_alias="MaxRecords"
    )
    """Changed keys (Sotech: compared rows) read and enqueued at a time; the next ones follow at once."""


class Addressed(Processo):
    """For a process with its own place in Fusion for its records."""

    integracao_id: int | None = Field(default=None, ge=1, alias="IntegracaoID")
    """Number of the integration in Fusion; absent: the entry's."""
    layout_id: int | None = Field(default=None, ge=1, alias="LayoutID")
    """Layout in Fusion; absent: the controller of their kind (initial load: the place of live traffic)."""

    @property
    def own_code(self) -> int | None:
        return self.integracao_id

    @property
    def own_layout(self) -> int | None:
        return self.layout_id


class Processamento(Importacao, Addressed):
    """One of several processes that deliver a queue (MV). None lingers: the run's last step stays on duty for all."""

    permanencia: Duration = timedelta(0)


class Acompanhamento(DeliverySettings):
    """Keeps a run on duty for all queues while traffic is steady."""


class Historico(Processo):
    """The whole history, once, page by page."""

    pausar: bool = False
    """true: stop after the current page; the next run continues from its checkpoint."""
    dagrun_timeout: Interval = timedelta(days=7)
    """Longest run."""


class CargaInicial(DeliverySettings, Addressed, Historico):
    """Queues every key, behind live traffic, and delivers the records."""

    permanencia: Duration = timedelta(0)
    pagina: int = Field(default=2000, ge=1, le=100_000)
    """Keys per page; each page ends in a checkpoint."""
    prioridade: int = Field(default=9, ge=6, le=9)
    """Queue priority; smaller goes first, and live records have 5."""


class CargaPacientes(Historico):
    """Reads the source's people page by page, in ascending order of their number; each page is a cycle."""

    max_records: int = Field(default=5000, ge=1, le=100_000, alias="MaxRecords")
    """People per cycle."""
    intervalo: Duration = Field(default=timedelta(0), validation_alias="Interval", serialization_alias="Interval")
    """Pause between two cycles."""


class BuscaPendencias(Atualizacao):
    """Looks at what applications of Fusion have pending; its watcher polls Fusion's API."""

    intervalo_vigia: WatchInterval = timedelta(seconds=1)
    """Time between two looks at Fusion's API, by the watcher or by a run at work."""
    pagina: int = Field(default=500, ge=1, le=1000)
    """Pendencies per page."""
    aplicacao: str = Field(default="AgendaCirurgica", min_length=1, max_length=100)
    """Application of Fusion with the pendencies."""
    atende: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    """IntegracaoIDs of the entries that announce them."""


class PendenciaBusca(Retencao):
    """Reads all data of waiting patients and makes messages of it."""

    intervalo: Interval = Field(default=timedelta(seconds=5), validation_alias="Interval", serialization_alias="Interval")
    """Time between two looks at the queue."""
    max_records: int = Field(default=200, ge=1, le=2000, alias="MaxRecords")
    """Patients that are read together."""

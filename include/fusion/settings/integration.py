"""The settings that all entries have, whatever their system."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from include.fusion.settings.interval import Interval
from include.fusion.settings.sections import CargaInicial, DeliverySettings, Historico, Processo, SearchSettings
from include.fusion.settings.strict_yaml import StrictModel, shown


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown name, name of a folder, no relative name
        raise ValueError(f"expected an IANA time zone such as America/Bahia, found {shown(name)}") from None
    return name


def _path(path: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9/._{}-]*", path):
        raise ValueError(f"expected a path that begins with / and has no host or query, found {shown(path)}")
    return path


def _layout_path(path: str) -> str:
    if re.findall(r"\{.*?\}", _path(path)) != ["{layoutId}"]:
        raise ValueError(f"expected a path with {{layoutId}} once, found {shown(path)}")
    return path


def _fixed_path(path: str) -> str:
    if "{" in _path(path) or "}" in path:
        raise ValueError(f"expected a path without {{…}}, found {shown(path)}")
    return path


def _folder(value: Any, info: ValidationInfo) -> Path | None:
    if value is None or isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected a folder, found {shown(value)}")
    folder = Path((info.context or {}).get("pasta", "."), value)
    if not folder.is_dir():
        raise ValueError(f"expected an existing folder (relative to this file's), found {shown(value)}")
    return folder


Name = Annotated[str, Field(min_length=1, max_length=200)]
ConnectionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
FixedPath = Annotated[str, AfterValidator(_fixed_path)]


class Connections(StrictModel):
    """Ids of Airflow connections; addresses and passwords are in Airflow, never here."""

    origem: ConnectionId
    """Database of the source system."""
    fusion_db: ConnectionId = "fusion_db"
    """Fusion's integration database: queues, ledger and watermarks."""
    integrador: ConnectionId | None = None
    """The integrator's database, which then has this entry's queues, ledger and watermarks; absent: ``fusion_db`` has them."""
    fusion_api: ConnectionId = "fusion_api"
    """Fusion's Web API (HTTP connection; headers and authentication are set there)."""
    hl7: ConnectionId = "fusion_api"
    """Where HL7 messages go (TrackCare): a connection of type http is Fusion's HL7 controller, any other an MLLP receiver."""

    @property
    def database(self) -> str:
        """Connection of the database with the queues, the ledger and the watermarks."""
        return self.integrador or self.fusion_db


class Paths(StrictModel):
    """Paths of Fusion's API in this installation."""

    atendimento: FixedPath = "/api/Atendimento"
    layout_json: Annotated[str, AfterValidator(_layout_path)] = "/api/Json/{layoutId}"
    paciente: FixedPath = "/api/Paciente"
    agenda_cirurgica: FixedPath = "/api/AgendaCirurgica"
    aplicacao_pendencia: FixedPath = "/api/AplicacaoPendencia"

    def of(self, entity: str) -> str:
        """Path of the controller for a kind of record."""
        return str(dict(self)[entity])

    def of_layout(self, layout_id: int) -> str:
        return self.layout_json.replace("{layoutId}", str(layout_id))


class Retries(StrictModel):
    """Airflow's retries of a failed task, as when a system is down. A record's own tries are settings of its process."""

    maximo: int = Field(default=3, ge=0, le=100)
    espera: Interval = timedelta(seconds=5)
    """Wait before the first retry; each further wait is twice as long."""
    espera_max: Interval = timedelta(minutes=5)


LIST_LIMITS = {"oracle": 1000}
"""Longest list in one statement (ORA-01795). SQL Server limits binds only, and pymssql sends none: it writes values into the text."""


class Integracao(StrictModel):
    """One entry. ``SEARCH`` and ``DELIVERY`` name the section that finds changes and the one that delivers them."""

    SUFFIXES: ClassVar[tuple[str, ...]] = ("",)
    SEARCH: ClassVar[str] = "carga"
    DELIVERY: ClassVar[str] = "importacao"
    ENGINES: ClassVar[tuple[str, ...]] = ()
    """Database engines that the system runs on; empty: any."""
    FROM_THE_START: ClassVar[bool] = True
    """Without a watermark yet: true reads the source from its first row, false from now on."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$")]
    """Becomes the dag_id and the name of a De/Para file."""
    sistema: str
    nome: Name
    """Shown in the UI."""
    habilitada: bool = True
    """false: the entry is checked, but has no DAG."""
    integracao_id: int = Field(ge=1, alias="IntegracaoID")
    """Code of this integration in Fusion."""
    fuso_horario: Annotated[str, AfterValidator(_zone)]
    """IANA zone of the source's timestamps without zone. No default: a wrong zone would silently shift every time."""
    documento_invalido: Literal["recusar", "omitir"] = "recusar"
    """When a CPF or CNS has wrong check digits: refuse the record, or send it without the document."""
    conexoes: Connections
    pasta_sql: Annotated[Path | None, BeforeValidator(_folder)] = None
    """Folder with files that replace those of include/fusion/sistemas/<sistema>/sql; relative to the settings file's folder."""
    rotas: Paths = Paths()
    retentativas: Retries = Retries()
    pool: Name = "default_pool"
    """Airflow pool of every task; it must exist."""
    impacto: Literal["alto", "medio", "baixo"] = "alto"
    """What an outage means, as the DAG's tag ``impacto:alto``."""
    owner: Name = "integracao"
    """Airflow owner of every task."""
    rede_de_seguranca: Interval = timedelta(minutes=10)
    """A run starts at least this often, even without an event."""
    dagrun_timeout: Interval = timedelta(hours=1)
    """Longest run; the rest stays queued for the next run."""

    @model_validator(mode="after")
    def _lists_fit(self) -> Self:
        for name, section in self:
            for engine in LIST_LIMITS.keys() & set(self.ENGINES):
                if isinstance(section, DeliverySettings) and section.keys_per_statement > (limit := LIST_LIMITS[engine]):
                    found = shown(section.keys_per_statement)
                    raise ValueError(f"{name}.lote: expected at most {limit} (the longest list in a statement of {engine}), found {found}")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.fuso_horario)

    @property
    def dag_ids(self) -> tuple[str, ...]:
        return tuple(self.id + suffix for suffix in self.SUFFIXES)

    @property
    def initial_load(self) -> Historico | None:
        """Settings of the initial load; ``None``: there is none."""
        return None

    @property
    def initial_dags(self) -> tuple[str, ...]:
        """DAGs of the initial load, when it is switched on."""
        return self.dag_ids[1:] if self.initial_load is not None and self.initial_load.habilitado else ()

    @property
    def dag_id_carga_inicial(self) -> str:
        return self.dag_ids[1]

    def section(self, name: str) -> Processo | None:
        """Settings of one step; ``None`` when no section has that name. ``Importacao.of(…)`` and the like check its kind."""
        found = getattr(self, name, None)
        return found if isinstance(found, Processo) else None

    @property
    def search(self) -> SearchSettings:
        return SearchSettings.of(self.section(self.SEARCH))

    @property
    def delivery(self) -> DeliverySettings:
        return DeliverySettings.of(self.section(self.DELIVERY))

    def delivery_of(self, processo: str) -> Processo:
        """Settings of the process that delivers this queue: the section of its name, else the common one."""
        return self.section(processo) or self.delivery

    def search_of(self, step: str) -> SearchSettings:
        """Settings of one search step."""
        return self.search

    @property
    def numbers(self) -> frozenset[int]:
        """Every IntegracaoID in Fusion under which records of this entry arrive."""
        return frozenset({self.integracao_id, *(p.own_code for _, p in self if isinstance(p, Processo) and p.own_code)})

    @property
    def from_the_start(self) -> bool:
        return self.FROM_THE_START

    @property
    def search_interval(self) -> timedelta:
        """Time between two looks at a source without a watcher."""
        return self.search.interval or self.rede_de_seguranca


class WithHistory(Integracao):
    """A system with an initial load by keys, behind live traffic, for entries that have its section."""

    SUFFIXES: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")

    carga_inicial: CargaInicial | None = None
    """Absent: no initial-load DAG."""

    @property
    def initial_load(self) -> CargaInicial | None:
        return self.carga_inicial

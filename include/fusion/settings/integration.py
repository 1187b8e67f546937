"""One installed integration: what all have in common."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from include.fusion.settings.interval import Intervalo
from include.fusion.settings.sections import Busca, CargaInicial, Entrega, Historico, Processo
from include.fusion.settings.strict_yaml import Modelo, achado


def _fuso(nome: str) -> str:
    try:
        ZoneInfo(nome)
    except (KeyError, OSError, ValueError):  # unknown, the name of a folder, not a plain relative name
        raise ValueError(f"expected an IANA time zone such as America/Bahia, found {achado(nome)}") from None
    return nome


def _rota(rota: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9/._{}-]*", rota):
        raise ValueError(f"expected a path that begins with / and has no host or query, found {achado(rota)}")
    return rota


def _rota_do_layout(rota: str) -> str:
    if re.findall(r"\{.*?\}", _rota(rota)) != ["{layoutId}"]:
        raise ValueError(f"expected a path with {{layoutId}} once, found {achado(rota)}")
    return rota


def _rota_fixa(rota: str) -> str:
    if re.search(r"[{}]", _rota(rota)):
        raise ValueError(f"expected a path without {{…}}, found {achado(rota)}")
    return rota


def _pasta(valor: Any, info: ValidationInfo) -> Path | None:
    if valor is None or isinstance(valor, Path):
        return valor
    if not isinstance(valor, str):
        raise ValueError(f"expected a folder, found {achado(valor)}")
    pasta = Path((info.context or {}).get("pasta", "."), valor)
    if not pasta.is_dir():
        raise ValueError(f"expected an existing folder (relative to this file's), found {achado(valor)}")
    return pasta


Nome = Annotated[str, Field(min_length=1, max_length=200)]
ConexaoId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
RotaFixa = Annotated[str, AfterValidator(_rota_fixa)]


class Conexoes(Modelo):
    """Ids of Airflow connections; addresses and passwords live there, never here."""

    origem: ConexaoId
    """Database of the source system."""
    fusion_db: ConexaoId = "fusion_db"
    """Fusion's integration database: queues, ledger and watermarks."""
    integrador: ConexaoId | None = None
    """Database of the integrator where this entry's queues, ledger and watermarks are kept instead; absent: in ``fusion_db``."""
    fusion_api: ConexaoId = "fusion_api"
    """Fusion's Web API (HTTP connection; headers and authentication are set there)."""
    hl7: ConexaoId = "fusion_api"
    """Where HL7 messages go: type http is Fusion's HL7 controller, any other an MLLP receiver (TrackCare)."""

    @property
    def banco(self) -> str:
        """Connection of the database with the queues, the ledger and the watermarks."""
        return self.integrador or self.fusion_db


class Rotas(Modelo):
    """Paths of Fusion's API in this installation."""

    atendimento: RotaFixa = "/api/Atendimento"
    layout_json: Annotated[str, AfterValidator(_rota_do_layout)] = "/api/Json/{layoutId}"
    paciente: RotaFixa = "/api/Paciente"
    agenda_cirurgica: RotaFixa = "/api/AgendaCirurgica"
    aplicacao_pendencia: RotaFixa = "/api/AplicacaoPendencia"

    def of(self, entity: str) -> str:
        """Path of the controller of a kind of record."""
        return str(dict(self)[entity])

    def do_layout(self, layout_id: int) -> str:
        return self.layout_json.replace("{layoutId}", str(layout_id))


class Retentativas(Modelo):
    """Airflow's retries of a failed task (a system was down); a record's own attempts belong to its process."""

    maximo: int = Field(default=3, ge=0, le=100)
    espera: Intervalo = timedelta(seconds=5)
    """Before the first retry; doubles with each further one."""
    espera_max: Intervalo = timedelta(minutes=5)


LIST_LIMITS = {"oracle": 1000}
"""Longest list in one statement (ORA-01795). SQL Server's 2,100 are of binds, and pymssql writes values into the text instead."""


class Integracao(Modelo):
    """Common to all systems. ``BUSCA`` and ``ENTREGA`` name the sections of what finds changes and of what delivers them."""

    SUFIXOS: ClassVar[tuple[str, ...]] = ("",)
    BUSCA: ClassVar[str] = "carga"
    ENTREGA: ClassVar[str] = "importacao"
    ENGINES: ClassVar[tuple[str, ...]] = ()
    """Engines that the vendor runs on; empty: any."""
    DESDE_O_INICIO: ClassVar[bool] = True
    """Where no watermark stands yet, changes are read from the source's first; else from now on."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$")]
    """Becomes the dag_id and the name of a De/Para file."""
    sistema: str
    nome: Nome
    """Shown in the UI."""
    habilitada: bool = True
    """false: checked, but yields no DAG."""
    integracao_id: int = Field(ge=1, alias="IntegracaoID")
    """Code of this integration in Fusion."""
    fuso_horario: Annotated[str, AfterValidator(_fuso)]
    """Of the source's timestamps without zone (IANA name). No default: a wrong one shifts every time silently."""
    documento_invalido: Literal["recusar", "omitir"] = "recusar"
    """A CPF or CNS with wrong check digits: refuse the record, or send it without the document."""
    conexoes: Conexoes
    pasta_sql: Annotated[Path | None, BeforeValidator(_pasta)] = None
    """Folder whose files replace those of include/fusion/sistemas/<sistema>/sql; relative to the settings file's folder."""
    rotas: Rotas = Rotas()
    retentativas: Retentativas = Retentativas()
    pool: Nome = "default_pool"
    """Airflow pool of every task; it must exist."""
    impacto: Literal["alto", "medio", "baixo"] = "alto"
    """What an outage means, as the DAG's tag ``impacto:alto``."""
    owner: Nome = "integracao"
    """Airflow owner of every task."""
    rede_de_seguranca: Intervalo = timedelta(minutes=10)
    """A run starts at least this often even when no event arrives."""
    dagrun_timeout: Intervalo = timedelta(hours=1)
    """Longest run; what is left stays queued for the next."""

    @model_validator(mode="after")
    def _lists_fit(self) -> Self:
        for name, section in self:
            for engine in LIST_LIMITS.keys() & set(self.ENGINES):
                if isinstance(section, Entrega) and section.keys_per_statement > (limit := LIST_LIMITS[engine]):
                    found = achado(section.keys_per_statement)
                    raise ValueError(f"{name}.lote: expected at most {limit} (the longest list in a statement of {engine}), found {found}")
        return self

    @property
    def fuso(self) -> ZoneInfo:
        return ZoneInfo(self.fuso_horario)

    @property
    def dag_ids(self) -> tuple[str, ...]:
        return tuple(self.id + sufixo for sufixo in self.SUFIXOS)

    @property
    def initial_load(self) -> Historico | None:
        """What loads the history once; ``None``: nothing does."""
        return None

    @property
    def dags_iniciais(self) -> tuple[str, ...]:
        """DAGs that load the history once, where the settings have them switched on."""
        return self.dag_ids[1:] if self.initial_load is not None and self.initial_load.habilitado else ()

    @property
    def dag_id_carga_inicial(self) -> str:
        return self.dag_ids[1]

    def section(self, name: str) -> Processo | None:
        """Settings of one step; ``None`` where no section has that name. ``Importacao.of(…)`` and the like say which kind it must be."""
        found = getattr(self, name, None)
        return found if isinstance(found, Processo) else None

    @property
    def busca(self) -> Busca:
        return Busca.of(self.section(self.BUSCA))

    @property
    def entrega(self) -> Entrega:
        return Entrega.of(self.section(self.ENTREGA))

    def entrega_de(self, processo: str) -> Processo:
        """Settings of the process that delivers this queue: the section of its name, where there is one."""
        return self.section(processo) or self.entrega

    def busca_de(self, passo: str) -> Busca:
        """Settings of one search step."""
        return self.busca

    def processos(self) -> tuple[Processo, ...]:
        """Settings of every process that the entry has."""
        return tuple(valor for _, valor in self if isinstance(valor, Processo))

    @property
    def numeros(self) -> frozenset[int]:
        """Every code in Fusion that records of this entry arrive under."""
        return frozenset({self.integracao_id, *(p.own_code for p in self.processos() if p.own_code)})

    @property
    def desde_o_inicio(self) -> bool:
        return self.DESDE_O_INICIO

    @property
    def intervalo_busca(self) -> timedelta:
        """Between two looks at a source that no watcher observes."""
        return self.busca.interval or self.rede_de_seguranca


class WithHistory(Integracao):
    """A system whose history is loaded by keys, behind live traffic, where the entry has the section for it."""

    SUFIXOS: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")

    carga_inicial: CargaInicial | None = None
    """Absent: no initial-load DAG."""

    @property
    def initial_load(self) -> CargaInicial | None:
        return self.carga_inicial

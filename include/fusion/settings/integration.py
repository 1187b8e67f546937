"""The settings that all entries have, whatever their system."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from include.fusion.settings.interval import Interval
from include.fusion.settings.sections import CargaInicial, Conciliacao, DeliverySettings, Historico, Processo, SearchSettings
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

    origem: ConnectionId = Field(description="Banco do sistema de origem.")
    fusion_db: ConnectionId = Field(default="fusion_db", description="Banco de integração do Fusion: filas, livro de entregas e marcas.")
    integrador: ConnectionId | None = Field(
        default=None,
        description="Banco do Integrador, que então tem as filas, o livro e as marcas desta entrada; ausente: ficam em `fusion_db`.",
    )
    fusion_api: ConnectionId = Field(
        default="fusion_api", description="API do Fusion (tipo `http`; cabeçalhos e autenticação ficam na conexão)."
    )
    hl7: ConnectionId = Field(
        default="fusion_api",
        description="Destino das mensagens HL7, no sistema que as envia: tipo `http` é o controlador HL7 do Fusion, qualquer outro um receptor MLLP.",
    )

    @property
    def database(self) -> str:
        """Connection of the database with the queues, the ledger and the watermarks."""
        return self.integrador or self.fusion_db


class Paths(StrictModel):
    """Paths of Fusion's API in this installation."""

    atendimento: FixedPath = Field(default="/api/Atendimento", description="Atendimentos.")
    layout_json: Annotated[str, AfterValidator(_layout_path)] = Field(
        default="/api/Json/{layoutId}", description="Registros que vão por um layout JSON; `{layoutId}` é o `LayoutID`."
    )
    paciente: FixedPath = Field(default="/api/Paciente", description="Pacientes.")
    agenda_cirurgica: FixedPath = Field(default="/api/AgendaCirurgica", description="Agendamentos cirúrgicos.")
    aplicacao_pendencia: FixedPath = Field(default="/api/AplicacaoPendencia", description="Pendências de aplicação.")

    def of(self, entity: str) -> str:
        """Path of the controller for a kind of record."""
        return str(dict(self)[entity])

    def of_layout(self, layout_id: int) -> str:
        return self.layout_json.replace("{layoutId}", str(layout_id))


class Retries(StrictModel):
    """Airflow's retries of a failed task, as when a system is down. A record's own tries are settings of its process."""

    maximo: int = Field(default=3, ge=0, le=100, description="Quantas vezes o Airflow tenta de novo uma tarefa que falhou.")
    espera: Interval = Field(default=timedelta(seconds=5), description="Espera antes da primeira nova tentativa; cada seguinte é o dobro.")
    espera_max: Interval = Field(default=timedelta(minutes=5), description="A maior dessas esperas.")


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

    id: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$",
        description="Texto que identifica a instalação: é o `dag_id` e o nome do arquivo De/Para do hospital.",
    )
    sistema: str = Field(description="O produto: uma pasta de `include/fusion/sistemas`.")
    nome: Name = Field(description="O nome que a UI mostra.")
    habilitada: bool = Field(default=True, description="`false`: a entrada é conferida, mas não tem DAG.")
    integracao_id: int = Field(ge=1, alias="IntegracaoID", description="Número desta integração no Fusion.")
    # No default: a wrong zone would silently shift every time.
    fuso_horario: Annotated[str, AfterValidator(_zone)] = Field(
        description="Fuso (nome IANA, como `America/Bahia`) das datas e horas da origem que não têm fuso."
    )
    documento_invalido: Literal["recusar", "omitir"] = Field(
        default="recusar", description="CPF ou CNS com dígito errado: recusar o registro, ou enviá-lo sem o documento."
    )
    conexoes: Connections = Field(description="Ids de conexões do Airflow; endereços e senhas ficam lá, nunca aqui.")
    pasta_sql: Annotated[Path | None, BeforeValidator(_folder)] = Field(
        default=None,
        description="Pasta (relativa à deste arquivo) cujos arquivos tomam o lugar dos de mesmo nome em `include/fusion/sistemas/<sistema>/sql`.",
    )
    rotas: Paths = Field(default=Paths(), description="Caminhos da API do Fusion nesta instalação.")
    retentativas: Retries = Field(default=Retries(), description="Novas tentativas de uma tarefa, quando um sistema está fora do ar.")
    pool: Name = Field(default="default_pool", description="*Pool* do Airflow de todas as tarefas; precisa existir.")
    impacto: Literal["alto", "medio", "baixo"] = Field(
        default="alto", description="O que uma parada significa; vira a *tag* `impacto:alto` da DAG."
    )
    owner: Name = Field(default="integracao", description="*Owner* de todas as tarefas no Airflow.")
    rede_de_seguranca: Interval = Field(
        default=timedelta(minutes=10), description="Uma execução começa no máximo a cada tanto, com ou sem aviso do vigia."
    )
    dagrun_timeout: Interval = Field(
        default=timedelta(hours=1), description="Duração máxima de uma execução; o resto fica na fila para a próxima."
    )

    conciliacao: Conciliacao = Field(
        default_factory=Conciliacao,
        description="Compara toda noite origem, fila, livro e Fusion, e repara o que difere (DAG `conciliacao`).",
    )

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
    def reconciled_at(self) -> int:
        """Hour (UTC) at which its reconciliation starts. Without summer time, so that a DAG file says the same all year."""
        offset = datetime(2026, 7, 1, tzinfo=self.zone).utcoffset() or timedelta(0)
        return (self.conciliacao.hora - round(offset.total_seconds() / 3600)) % 24

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

    carga_inicial: CargaInicial | None = Field(
        default=None, description="Leva uma única vez todo o histórico ao Fusion. Ausente: não há DAG de carga inicial."
    )

    @property
    def initial_load(self) -> CargaInicial | None:
        return self.carga_inicial

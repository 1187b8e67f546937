"""One installed integration: what all have in common, and one class per source system."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from include.fusion.settings.intervalo import Intervalo
from include.fusion.settings.leitura import Modelo, achado
from include.fusion.settings.processos import (
    Acompanhamento,
    Atualizacao,
    Busca,
    BuscaPaginada,
    BuscaPendencias,
    Carga,
    CargaInicial,
    Entrega,
    Importacao,
    ImportacaoVigiada,
    ImportarPendencias,
    Processamento,
    Processo,
)


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

    def do_layout(self, layout_id: int) -> str:
        return self.layout_json.replace("{layoutId}", str(layout_id))


class Retentativas(Modelo):
    """Airflow's retries of a failed task (a system was down); a record's own attempts belong to its process."""

    maximo: int = Field(default=3, ge=0, le=100)
    espera: Intervalo = timedelta(seconds=5)
    """Before the first retry; doubles with each further one."""
    espera_max: Intervalo = timedelta(minutes=5)


class Integracao(Modelo):
    """Common to all systems. ``busca`` and ``entrega`` name the settings that find changes and that deliver them."""

    SUFIXOS: ClassVar[tuple[str, ...]] = ("",)

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
    """Folder whose files replace those of include/sql/<sistema>; relative to the settings file's folder."""
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

    @property
    def fuso(self) -> ZoneInfo:
        return ZoneInfo(self.fuso_horario)

    @property
    def dag_ids(self) -> tuple[str, ...]:
        return tuple(self.id + sufixo for sufixo in self.SUFIXOS)

    @property
    def busca(self) -> Busca:
        raise NotImplementedError

    @property
    def entrega(self) -> Entrega:
        raise NotImplementedError

    def entrega_de(self, processo: str) -> Entrega:
        """Settings of the process that delivers this queue."""
        return self.entrega

    def busca_de(self, passo: str) -> Busca:
        """Settings of one search step."""
        return self.busca

    def processos(self) -> tuple[Processo, ...]:
        """Settings of every process that the entry has."""
        return tuple(valor for _, valor in self if isinstance(valor, Processo))

    @property
    def numeros(self) -> frozenset[int]:
        """Every code in Fusion that records of this entry arrive under."""
        proprios = {numero for p in self.processos() if (numero := getattr(p, "integracao_id", None))}
        return frozenset({self.integracao_id} | proprios)

    @property
    def desde_o_inicio(self) -> bool:
        """Where no watermark stands yet, changes are read from the source's first; else from now on."""
        return False

    @property
    def intervalo_busca(self) -> timedelta:
        """Between two looks at a source that no watcher observes."""
        return getattr(self.busca, "intervalo", self.rede_de_seguranca)


class Consulfarma(Integracao):
    sistema: Literal["consulfarma"]
    carga: Carga
    importacao: Importacao

    @property
    def desde_o_inicio(self) -> bool:
        return True

    @property
    def busca(self) -> Carga:
        return self.carga

    @property
    def entrega(self) -> Importacao:
        return self.importacao


class EsusAb(Integracao):
    SUFIXOS: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")

    sistema: Literal["esus_ab"]
    importacao: ImportacaoVigiada
    carga_inicial: CargaInicial | None = None
    """Absent: no initial-load DAG."""

    @property
    def desde_o_inicio(self) -> bool:
        return self.carga_inicial is None

    @property
    def busca(self) -> ImportacaoVigiada:
        return self.importacao

    @property
    def entrega(self) -> ImportacaoVigiada:
        return self.importacao

    @property
    def dag_id_carga_inicial(self) -> str:
        return self.dag_ids[1]


class Mv(Integracao):
    """Every process of the old service is a section of its own, under its old name in snake case."""

    SUFIXOS: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")

    sistema: Literal["mv"]
    semi_uti: bool = False
    """Stays in a semi-intensive unit (UNID_INT.SN_SEMI_UTI) count as ICU."""
    atualizacao_fila_pendencias: Atualizacao = Atualizacao()
    busca_atendimentos_paciente: Processo = Processo()
    busca_atualizacoes_paciente: Processo = Processo()
    processamento_pendencia_abertura: Processamento = Processamento()
    processamento_pendencia_alta: Processamento = Processamento(Interval=timedelta(seconds=10))
    processamento_pendencia_troca_leito: Processamento = Processamento()
    processamento_pendencia_uti: Processamento = Processamento(Interval=timedelta(seconds=60))
    """``Interval``: how often the attendances in an ICU are looked at, whether or not anything says that they changed."""
    processamento_pendencia_atualizacao_paciente: Processamento = Processamento()
    acompanhamento: Acompanhamento = Acompanhamento()
    carga_inicial: CargaInicial | None = None
    """Absent: no initial-load DAG."""

    @property
    def busca(self) -> Atualizacao:
        return self.atualizacao_fila_pendencias

    @property
    def entrega(self) -> Entrega:
        return self.acompanhamento

    def entrega_de(self, processo: str) -> Entrega:
        entrega: Entrega = getattr(self, f"processamento_pendencia_{processo}")
        return entrega

    @property
    def dag_id_carga_inicial(self) -> str:
        return self.dag_ids[1]


class Tasy(Integracao):
    """Every process of the old service is a section of its own, under its old name in snake case."""

    sistema: Literal["tasy"]
    buscar_atendimentos: BuscaPaginada = BuscaPaginada()
    buscar_informacoes_atendimentos: Processamento = Processamento()
    gerar_pendencia_atualizacao_pacientes: Processo = Processo()
    integrar_pendencia_atualizacao_pacientes: Processamento = Processamento()
    acompanhamento: Acompanhamento = Acompanhamento()

    @property
    def desde_o_inicio(self) -> bool:
        return True

    @property
    def busca(self) -> BuscaPaginada:
        return self.buscar_atendimentos

    @property
    def entrega(self) -> Entrega:
        return self.acompanhamento

    def entrega_de(self, processo: str) -> Entrega:
        entrega: Entrega = getattr(self, processo)
        return entrega


class Skymed(Integracao):
    """Announces MV's surgical bookings; ``conexoes.origem`` is MV's database."""

    sistema: Literal["skymed"]
    importar_pendencias: ImportarPendencias = ImportarPendencias()

    @property
    def busca(self) -> ImportarPendencias:
        return self.importar_pendencias

    @property
    def entrega(self) -> ImportarPendencias:
        return self.importar_pendencias


class FusionService(Integracao):
    """Processes the announced bookings; off (``habilitada: false``) where the vendor's own Fusion.Service runs."""

    sistema: Literal["fusion_service"]
    buscar_pendencias: BuscaPendencias
    processar_pendencias: Importacao = Importacao()

    @property
    def busca(self) -> BuscaPendencias:
        return self.buscar_pendencias

    @property
    def entrega(self) -> Importacao:
        return self.processar_pendencias


class Sotech(Integracao):
    sistema: Literal["sotech"]
    carga: BuscaPaginada = BuscaPaginada()
    integracao: Importacao = Importacao()

    @property
    def desde_o_inicio(self) -> bool:
        return True

    @property
    def busca(self) -> BuscaPaginada:
        return self.carga

    @property
    def entrega(self) -> Importacao:
        return self.integracao


def como_dados(integracao: Integracao) -> dict[str, Any]:
    """Plain JSON data from which :func:`de_dados` makes the same settings: how a watcher gets those of the DAG file's own version."""
    return {nome: _simples(valor) for nome, valor in integracao.model_dump(by_alias=True).items()}


def de_dados(dados: dict[str, Any]) -> Integracao:
    """The settings that :func:`como_dados` took apart."""
    return SISTEMAS[dados["sistema"]].model_validate(dados)


def _simples(valor: Any) -> Any:
    if isinstance(valor, dict):
        return {nome: _simples(v) for nome, v in valor.items()}
    if isinstance(valor, timedelta):
        return valor.total_seconds()
    return str(valor) if isinstance(valor, Path) else valor


SISTEMAS: dict[str, type[Integracao]] = {
    "consulfarma": Consulfarma, "esus_ab": EsusAb, "mv": Mv, "skymed": Skymed, "fusion_service": FusionService, "sotech": Sotech,
    "tasy": Tasy,
}  # fmt: skip

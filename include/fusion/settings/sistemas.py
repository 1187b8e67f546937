"""The settings of each source system: one class where a system has sections of its own, one for all that have the usual two."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal

from include.fusion.erros import ConfiguracaoInvalida
from include.fusion.settings.integracao import Integracao
from include.fusion.settings.processos import (
    Acompanhamento,
    Atualizacao,
    BuscaPaginada,
    BuscaPendencias,
    Carga,
    CargaComparada,
    CargaInicial,
    CargaPacientes,
    Entrega,
    EnvioArquivo,
    Hl7,
    Importacao,
    ImportacaoVigiada,
    ImportarPendencias,
    PacienteTrackCare,
    PendenciaBusca,
    Processamento,
    Processo,
)

_SQL = Path(__file__).resolve().parents[2] / "sql"


class Usual(Integracao):
    """Two steps, ``carga`` and ``importacao``: all that a new system needs, whose SQL is in include/sql/<sistema>."""

    carga: BuscaPaginada = BuscaPaginada()
    importacao: Importacao = Importacao()


class Consulfarma(Integracao):
    sistema: Literal["consulfarma"]
    carga: Carga
    importacao: Importacao


class EsusAb(Integracao):
    SUFIXOS: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")
    BUSCA = "importacao"

    sistema: Literal["esus_ab"]
    importacao: ImportacaoVigiada
    carga_inicial: CargaInicial | None = None
    """Absent: no initial-load DAG."""

    @property
    def desde_o_inicio(self) -> bool:
        return self.carga_inicial is None


class Mv(Integracao):
    """Every process of the old service is a section of its own, under its old name in snake case."""

    SUFIXOS: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")
    BUSCA = "atualizacao_fila_pendencias"
    ENTREGA = "acompanhamento"
    DESDE_O_INICIO = False

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

    def entrega_de(self, processo: str) -> Entrega:
        entrega: Entrega = getattr(self, f"processamento_pendencia_{processo}")
        return entrega


class Tasy(Integracao):
    """Every process of the old service is a section of its own, under its old name in snake case."""

    BUSCA = "buscar_atendimentos"
    ENTREGA = "acompanhamento"

    sistema: Literal["tasy"]
    buscar_atendimentos: BuscaPaginada = BuscaPaginada()
    buscar_informacoes_atendimentos: Processamento = Processamento()
    gerar_pendencia_atualizacao_pacientes: Processo = Processo()
    integrar_pendencia_atualizacao_pacientes: Processamento = Processamento()
    acompanhamento: Acompanhamento = Acompanhamento()

    def entrega_de(self, processo: str) -> Entrega:
        entrega: Entrega = getattr(self, processo)
        return entrega


class Skymed(Integracao):
    """Announces MV's surgical bookings; ``conexoes.origem`` is MV's database."""

    BUSCA = ENTREGA = "importar_pendencias"
    DESDE_O_INICIO = False

    sistema: Literal["skymed"]
    importar_pendencias: ImportarPendencias = ImportarPendencias()


class FusionService(Integracao):
    """Processes the announced bookings; off (``habilitada: false``) where the vendor's own Fusion.Service runs."""

    BUSCA = "buscar_pendencias"
    ENTREGA = "processar_pendencias"
    DESDE_O_INICIO = False

    sistema: Literal["fusion_service"]
    buscar_pendencias: BuscaPendencias
    processar_pendencias: Importacao = Importacao()


class Sotech(Integracao):
    ENTREGA = "integracao"

    sistema: Literal["sotech"]
    carga: CargaComparada = CargaComparada()
    integracao: Importacao = Importacao()


class TrackCare(Integracao):
    """``conexoes.origem`` is TrakCare's database, ``conexoes.hl7`` where messages go: Fusion's HTTP API or an MLLP receiver."""

    SUFIXOS: ClassVar[tuple[str, ...]] = ("", "_carga_inicial")
    BUSCA = "sincronizar_pacientes"
    ENTREGA = "envio_arquivo_fusion"

    sistema: Literal["trackcare"]
    hl7: Hl7 = Hl7()
    paciente: PacienteTrackCare = PacienteTrackCare()
    carga_inicial_pacientes: CargaPacientes = CargaPacientes()
    sincronizar_pacientes: BuscaPaginada = BuscaPaginada()
    pendencia_busca_paciente: PendenciaBusca = PendenciaBusca()
    envio_arquivo_fusion: EnvioArquivo = EnvioArquivo()

    def entrega_de(self, processo: str) -> Any:
        return getattr(self, processo)

    @property
    def dags_iniciais(self) -> tuple[str, ...]:
        return self.dag_ids[1:] if self.carga_inicial_pacientes.habilitado else ()


def como_dados(integracao: Integracao) -> dict[str, Any]:
    """Plain JSON data from which :func:`de_dados` makes the same settings: how a watcher gets those of the DAG file's own version."""
    return {nome: _simples(valor) for nome, valor in integracao.model_dump(by_alias=True).items()}


def de_dados(dados: dict[str, Any]) -> Integracao:
    """The settings that :func:`como_dados` took apart."""
    tipo = tipo_de(dados["sistema"])
    if tipo is None:
        raise ConfiguracaoInvalida(f"unknown system {dados['sistema']!r}: this process was started before it was added, restart it")
    return tipo.model_validate(dados)


def _simples(valor: Any) -> Any:
    if isinstance(valor, dict):
        return {nome: _simples(v) for nome, v in valor.items()}
    if isinstance(valor, timedelta):
        return valor.total_seconds()
    if isinstance(valor, list):
        return [_simples(v) for v in valor]
    return str(valor) if isinstance(valor, (Path, date)) else valor


SISTEMAS: dict[str, type[Integracao]] = {
    "consulfarma": Consulfarma, "esus_ab": EsusAb, "mv": Mv, "skymed": Skymed, "fusion_service": FusionService, "sotech": Sotech,
    "tasy": Tasy, "trackcare": TrackCare,
}  # fmt: skip


def tipo_de(sistema: str) -> type[Integracao] | None:
    """Settings class of a system; ``None`` where there is neither a class nor a folder of SQL of that name."""
    if sistema not in SISTEMAS and sistema.isidentifier() and (_SQL / sistema).is_dir():
        return Usual
    return SISTEMAS.get(sistema)

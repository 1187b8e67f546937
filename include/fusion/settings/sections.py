"""Sections: one model per kind of process, for all systems.

Durations are a .NET TimeSpan text or a number of seconds (see :mod:`include.fusion.settings.interval`), and a ``timedelta`` in Python.
Capitalised names are those of the old services' ``appsettings.json``. A field's description is what ``docs/reference/settings.md`` tells
those who edit the file, hence in Portuguese.
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

LINGER = "Quanto uma execução espera com a fila vazia: uma mudança nesse tempo dispensa o início de outra tarefa, que custa mais."
ON_DUTY = "Última etapa da execução: de plantão por todas as filas enquanto houver movimento."
LOOK_AT_QUEUE = "Tempo entre duas olhadas na fila."


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"expected a day such as 2026-01-31, found {shown(value)}") from None


class Processo(StrictModel):
    """One step. All steps answer for settings that only some have."""

    habilitado: bool = Field(default=True, description="`false`: a etapa continua no gráfico e é pulada.")

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

    vigiar_origem: bool = Field(
        default=True,
        description="`true`: um vigia pergunta à origem e inicia uma execução na primeira mudança. `false`: só o intervalo inicia.",
    )
    intervalo_vigia: WatchInterval = Field(
        default=timedelta(seconds=0.5), description="Tempo entre duas perguntas do vigia; no mínimo 0,05 s."
    )
    sobreposicao: Duration = Field(
        default=timedelta(seconds=120),
        description="Quanto se relê atrás da marca, por causa de transações confirmadas com atraso.",
    )
    pagina: int = Field(default=5000, ge=1, le=100_000, description="Chaves alteradas lidas e enfileiradas de cada vez.")

    @property
    def max_loss(self) -> float:
        """Share of a table's rows (0 to 1) that may vanish between two looks, when changes are found by comparison."""
        return 1.0


class DeliverySettings(Processo):
    """How queued records reach Fusion, and when failures count."""

    lote: int = Field(
        default=200, ge=1, le=2000, description="Registros reservados, lidos e montados juntos (origem Oracle: no máximo 1000)."
    )
    concorrencia: int = Field(default=32, ge=1, le=256, description="Pedidos ao Fusion ao mesmo tempo.")
    permanencia: Duration = Field(default=timedelta(seconds=30), description=LINGER)
    prazo_reserva: Lease = Field(
        default=timedelta(seconds=120),
        description="Prazo da reserva de um lote: passado ele, os registros de um processo morto ficam livres de novo. No mínimo 10 s.",
    )
    tentativas_max: int = Field(default=8, ge=1, le=100, description="Falhas passageiras de um registro antes de ele ir para `erro`.")
    espera_inicial: Interval = Field(
        default=timedelta(seconds=2), description="Espera depois da primeira falha de um registro; dobra a cada falha seguinte."
    )
    espera_max: Interval = Field(default=timedelta(seconds=300), description="A maior dessas esperas.")
    parcela_erro_max: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Parcela de recusados (0 a 1) acima da qual a execução falha: aí a causa é comum, como um layout trocado.",
    )
    minimo_para_parcela: int = Field(
        default=20, ge=1, description="Registros que a execução precisa ter tratado para que essa parcela conte."
    )

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

    intervalo: Interval = Field(
        default=timedelta(hours=23, seconds=5),
        alias="IntervaloCarga",
        description='Tempo entre duas cargas sem pedido do vigia: "23:00:05" é a cada 23 h 0 min 5 s, e não "às 23 h".',
    )


class Retencao(Processo):
    """A step that closes rows of a queue."""

    retencao_dias: int = Field(default=30, ge=1, le=3650, description="Dias em que linhas encerradas da fila são guardadas.")


class Importacao(DeliverySettings, Retencao):
    """Delivers queued attendances. ``IntervaloImportacao`` and ``Interval`` are one setting: the old services had two names for it."""

    intervalo: Interval = Field(
        default=timedelta(seconds=5),
        validation_alias=AliasChoices("IntervaloImportacao", "Interval"),
        serialization_alias="Interval",
        description=LOOK_AT_QUEUE,
    )
    max_records: int = Field(default=5000, ge=1, le=1_000_000, alias="MaxRecords", description="Máximo de registros por ciclo.")


class ImportacaoVigiada(SearchSettings, Importacao):
    """One process that finds changes and delivers them through a JSON layout (e-SUS AB)."""

    layout_id: int = Field(ge=1, alias="LayoutID", description="Layout do Fusion que recebe os registros.")

    @property
    def own_layout(self) -> int:
        return self.layout_id


class Atualizacao(SearchSettings):
    """One of several processes that look for work (MV); ``Interval`` counts when the source has no watcher."""

    intervalo: Interval = Field(
        default=timedelta(seconds=30),
        validation_alias="Interval",
        serialization_alias="Interval",
        description="Tempo entre duas buscas sem pedido do vigia.",
    )


class BuscaPaginada(Atualizacao):
    """The same, with the ``MaxRecords`` of the old services (Sotech, Tasy)."""

    pagina: int = Field(
        default=5000,
        ge=1,
        le=100_000,
        validation_alias=AliasChoices("MaxRecords", "pagina"),
        serialization_alias="MaxRecords",
        description="Chaves alteradas (na comparação: linhas) lidas e enfileiradas de cada vez; as seguintes vêm logo depois.",
    )


class Addressed(Processo):
    """For a process with its own place in Fusion for its records."""

    integracao_id: int | None = Field(
        default=None, ge=1, alias="IntegracaoID", description="Número da integração no Fusion; ausente: o da entrada."
    )
    layout_id: int | None = Field(
        default=None,
        ge=1,
        alias="LayoutID",
        description="Layout do Fusion; ausente: o controlador desse tipo de registro (carga inicial: o destino do movimento do dia).",
    )

    @property
    def own_code(self) -> int | None:
        return self.integracao_id

    @property
    def own_layout(self) -> int | None:
        return self.layout_id


class Processamento(Importacao, Addressed):
    """One of several processes that deliver a queue (MV). None lingers: the run's last step stays on duty for all."""

    permanencia: Duration = Field(default=timedelta(0), description=LINGER)


class Acompanhamento(DeliverySettings):
    """Keeps a run on duty for all queues while traffic is steady."""


class Historico(Processo):
    """The whole history, once, page by page."""

    pausar: bool = Field(default=False, description="`true`: para no fim da página atual; a próxima execução continua do ponto de parada.")
    dagrun_timeout: Interval = Field(default=timedelta(days=7), description="Duração máxima de uma execução.")


class CargaInicial(DeliverySettings, Addressed, Historico):
    """Queues every key, behind live traffic, and delivers the records."""

    permanencia: Duration = Field(default=timedelta(0), description=LINGER)
    pagina: int = Field(default=2000, ge=1, le=100_000, description="Chaves por página; cada página termina num ponto de parada.")
    prioridade: int = Field(default=9, ge=6, le=9, description="Prioridade na fila: a menor vai antes, e o movimento do dia tem 5.")


class CargaPacientes(Historico):
    """Reads the source's people page by page, in ascending order of their number; each page is a cycle."""

    max_records: int = Field(default=5000, ge=1, le=100_000, alias="MaxRecords", description="Pessoas por ciclo.")
    intervalo: Duration = Field(
        default=timedelta(0), validation_alias="Interval", serialization_alias="Interval", description="Pausa entre dois ciclos."
    )


class BuscaPendencias(Atualizacao):
    """Looks at what applications of Fusion have pending; its watcher polls Fusion's API."""

    intervalo_vigia: WatchInterval = Field(
        default=timedelta(seconds=1), description="Tempo entre duas consultas à API do Fusion, do vigia ou de uma execução em andamento."
    )
    pagina: int = Field(default=500, ge=1, le=1000, description="Pendências por página.")
    aplicacao: str = Field(
        default="AgendaCirurgica", min_length=1, max_length=100, description="Aplicação do Fusion que tem as pendências."
    )
    atende: list[Annotated[int, Field(ge=1)]] = Field(min_length=1, description="`IntegracaoID` das entradas que as anunciam.")


class PendenciaBusca(Retencao):
    """Reads all data of waiting patients and makes messages of it."""

    intervalo: Interval = Field(
        default=timedelta(seconds=5), validation_alias="Interval", serialization_alias="Interval", description=LOOK_AT_QUEUE
    )
    max_records: int = Field(default=200, ge=1, le=2000, alias="MaxRecords", description="Pacientes lidos juntos.")


class Conciliacao(Processo):
    """The nightly comparison of source, queue, ledger and Fusion (DAG ``conciliacao``)."""

    habilitado: bool = Field(default=True, description="`false`: a conciliação deixa esta entrada de fora.")
    hora: int = Field(
        default=3,
        ge=0,
        le=23,
        description="Hora cheia (0 a 23, no `fuso_horario` da entrada) em que a comparação começa: fora do pico da origem.",
    )
    desde: Annotated[date | None, BeforeValidator(_day)] = Field(
        default=None,
        description=(
            "Atendimentos a partir deste dia devem estar todos no Fusion. Ausente: a história inteira, se a carga inicial terminou ou a origem é "
            "lida desde o início; senão, os últimos 7 dias. O que já foi entregue é sempre comparado."
        ),
    )
    noites_conteudo: int = Field(
        default=1,
        ge=1,
        le=366,
        description="Em quantas noites o conteúdo de tudo é relido na origem; chaves são comparadas toda noite. Mais noites, menos carga na origem.",
    )
    pausa: Duration = Field(default=timedelta(0), description="Pausa depois de cada 200 registros relidos, para poupar a origem.")
    assentar: Duration = Field(
        default=timedelta(seconds=30), description="Tempo entre as duas olhadas: só o que difere em ambas, e não está na fila, é reparado."
    )
    parcela_cancelamento: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Parcela (0 a 1) dos registros vivos que pode ser cancelada sem perguntar; acima dela, uma pessoa confirma na UI.",
    )
    minimo_cancelamentos: int = Field(default=20, ge=0, description="Tantos cancelamentos nunca precisam de confirmação.")
    prazo_resposta: Interval = Field(
        default=timedelta(hours=6), description="Quanto se espera por essa confirmação; passado o prazo, nada é cancelado."
    )

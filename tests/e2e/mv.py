"""What makes each step of MV's DAG do something: one change at the source or one row in the hub's database."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import create_engine

from include.fusion.store.filas import Fila, ItemFila
from tests.e2e.hub import Hub, integracao

AGORA = "date_trunc('second', clock_timestamp() at time zone 'America/Bahia')"
ABERTO = "dt_alta is null and cd_leito is not null and tp_atendimento = 'I'"


def um_internado(hub: Hub) -> dict[str, int]:
    """An open stay with a bed that Fusion has."""
    return dict(
        hub.sql("mv", f"select cd_atendimento, cd_paciente, cd_leito from dbamv.atendime where {ABERTO} order by 1 desc limit 1")[0]
    )


def _atendime(hub: Hub, mudanca: str) -> None:
    hub.sql("mv", f"update dbamv.atendime set {mudanca} where cd_atendimento = %s", um_internado(hub)["cd_atendimento"])


def _paciente(hub: Hub) -> None:
    sql = f"update dbamv.paciente set nr_endereco = coalesce(nr_endereco, 0) + 1, dt_ultima_atualizacao = {AGORA} where cd_paciente = %s"
    hub.sql("mv", sql, um_internado(hub)["cd_paciente"])


def _ronda(hub: Hub) -> None:
    hub.sql("fusion_integracao", "update marca_dagua set executado_em = now() - interval '5 minutes' where origem = 'uti_pendentes'")
    _atendime(hub, "cd_prestador = coalesce(cd_prestador, 0) %% 50 + 1")


def _pedido(hub: Hub) -> None:
    motor = create_engine(hub.url("fusion_integracao").replace("postgresql://", "postgresql+psycopg2://"))
    fila = Fila(motor, integracao("mv").integracao_id, "busca_atendimentos_paciente", "PendenciaBuscaAtendimentos")
    with motor.begin() as con:
        fila.enfileirar(con, [ItemFila(str(um_internado(hub)["cd_paciente"]))])
    motor.dispose()


def _abertura(hub: Hub) -> None:
    _atendime(hub, "cd_convenio = coalesce(cd_convenio, 0) %% 3 + 1")


def _alta(hub: Hub) -> None:
    _atendime(hub, f"dt_alta = date_trunc('day', {AGORA}), hr_alta = {AGORA}")


def _troca_leito(hub: Hub) -> None:
    _atendime(hub, "cd_leito = (select min(l.cd_leito) from dbamv.leito l where l.cd_leito <> atendime.cd_leito)")


CAUSAS: dict[str, tuple[Callable[[Hub], None], set[str]]] = {
    "abertura": (_abertura, {"processamento.abertura"}),
    "alta": (_alta, {"processamento.alta"}),
    "troca de leito": (_troca_leito, {"processamento.troca_leito"}),
    "ronda da UTI": (_ronda, {"processamento.uti", "processamento.abertura"}),
    "paciente": (_paciente, {"filas.busca_atualizacoes_paciente", "processamento.atualizacao_paciente", "processamento.abertura"}),
    "pedido do Fusion": (_pedido, {"filas.busca_atendimentos_paciente", "processamento.abertura"}),
}
"""What happens, and the tasks that have something to do then, besides the first and the last of the run."""
SEMPRE = {"filas.atualizacao_fila_pendencias", "acompanhamento"}
TAREFAS = SEMPRE | set().union(*(tarefas for _, tarefas in CAUSAS.values()))


def provocar(hub: Hub, causa: str) -> str:
    """Let ``causa`` happen on a hub at rest, and wait until it is dealt with; the run that did it."""
    fazer, tarefas = CAUSAS[causa]
    return hub.provocar("mv", fazer, tarefas - {"processamento.abertura"})

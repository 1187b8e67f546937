"""What makes each step of MV's DAG do something: one change at the source or one row in the hub's database."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import create_engine

from include.fusion.store.filas import Fila, FilaItem
from tests.e2e.hub import Hub, integracao

NOW = "date_trunc('second', clock_timestamp() at time zone 'America/Bahia')"
OPENED = "dt_alta is null and cd_leito is not null and tp_atendimento = 'I'"


def one_inpatient(hub: Hub) -> dict[str, int]:
    """An open stay with a bed that Fusion has."""
    return dict(
        hub.sql("mv", f"select cd_atendimento, cd_paciente, cd_leito from dbamv.atendime where {OPENED} order by 1 desc limit 1")[0]
    )


def _atendime(hub: Hub, change: str) -> None:
    hub.sql("mv", f"update dbamv.atendime set {change} where cd_atendimento = %s", one_inpatient(hub)["cd_atendimento"])


def _paciente(hub: Hub) -> None:
    sql = f"update dbamv.paciente set nr_endereco = coalesce(nr_endereco, 0) + 1, dt_ultima_atualizacao = {NOW} where cd_paciente = %s"
    hub.sql("mv", sql, one_inpatient(hub)["cd_paciente"])


def _sweep(hub: Hub) -> None:
    hub.sql("fusion_integracao", "update marca_dagua set executado_em = now() - interval '5 minutes' where origem = 'uti_pendentes'")
    _atendime(hub, "cd_prestador = coalesce(cd_prestador, 0) %% 50 + 1")


def _request(hub: Hub) -> None:
    engine = create_engine(hub.url("fusion_integracao").replace("postgresql://", "postgresql+psycopg2://"))
    fila = Fila(engine, integracao("mv").integracao_id, "busca_atendimentos_paciente", "PendenciaBuscaAtendimentos")
    with engine.begin() as con:
        fila.enqueue(con, [FilaItem(str(one_inpatient(hub)["cd_paciente"]))])
    engine.dispose()


def _abertura(hub: Hub) -> None:
    _atendime(hub, "cd_convenio = coalesce(cd_convenio, 0) %% 3 + 1")


def _alta(hub: Hub) -> None:
    _atendime(hub, f"dt_alta = date_trunc('day', {NOW}), hr_alta = {NOW}")


def _change_leito(hub: Hub) -> None:
    _atendime(hub, "cd_leito = (select min(l.cd_leito) from dbamv.leito l where l.cd_leito <> atendime.cd_leito)")


CAUSAS: dict[str, tuple[Callable[[Hub], None], set[str]]] = {
    "abertura": (_abertura, {"processamento.abertura"}),
    "alta": (_alta, {"processamento.alta"}),
    "troca de leito": (_change_leito, {"processamento.troca_leito"}),
    "ronda da UTI": (_sweep, {"processamento.uti", "processamento.abertura"}),
    "paciente": (_paciente, {"filas.busca_atualizacoes_paciente", "processamento.atualizacao_paciente", "processamento.abertura"}),
    "pedido do Fusion": (_request, {"filas.busca_atendimentos_paciente", "processamento.abertura"}),
}
"""What happens, and the tasks that have something to do then, besides the first and the last of the run."""
ALWAYS = {"filas.atualizacao_fila_pendencias", "acompanhamento"}
TASKS = ALWAYS | set().union(*(tasks for _, tasks in CAUSAS.values()))


def provoke(hub: Hub, cause: str) -> str:
    """Let ``cause`` happen on a hub at rest, and wait until it is dealt with; the run that did it."""
    do, tasks = CAUSAS[cause]
    return hub.provoke("mv", do, tasks - {"processamento.abertura"})

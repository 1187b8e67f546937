"""What makes each step of MV's DAG do something: one change at the source or one row in the hub's database."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import create_engine

from include.fusion.filas import Fila, ItemFila
from tests.e2e.hub import FIM, Hub, integracao

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


ETAPAS: dict[str, Callable[[Hub], None]] = {
    "filas.atualizacao_fila_pendencias": _abertura,
    "filas.busca_atendimentos_paciente": _pedido,
    "filas.busca_atualizacoes_paciente": _paciente,
    "processamento.abertura": _abertura,
    "processamento.alta": lambda hub: _atendime(hub, f"dt_alta = date_trunc('day', {AGORA}), hr_alta = {AGORA}"),
    "processamento.troca_leito": lambda hub: _atendime(
        hub, "cd_leito = (select min(l.cd_leito) from dbamv.leito l where l.cd_leito <> atendime.cd_leito)"
    ),
    "processamento.uti": _ronda,
    "processamento.atualizacao_paciente": _paciente,
    "acompanhamento": _abertura,
}
"""Every task of the DAG, with what gives it work."""


def provocar(hub: Hub, tarefa: str) -> str:
    """Give ``tarefa`` work on a hub at rest, and wait until it is done; the run in which it did it."""
    antes = {r["dag_run_id"] for r in hub.runs("mv")}
    ETAPAS[tarefa](hub)
    achado: list[str] = []

    def feito() -> bool:
        achado[:] = [
            r["dag_run_id"]
            for r in hub.runs("mv")
            if r["dag_run_id"] not in antes and r["state"] in FIM and hub.tarefas("mv", r["dag_run_id"])[tarefa]["state"] == "success"
        ]
        return bool(achado)

    hub.esperar(feito, 60, f"{tarefa} did nothing")
    hub.quieto()
    return achado[-1]

"""On-call clears any task of any finished run: the end state is that of one clean run."""

from __future__ import annotations

import pytest

from tests.e2e.hub import FIM, INICIAIS, Hub
from tests.e2e.mv import ETAPAS, provocar

TAREFAS = {
    ("consulfarma", "carga"),
    ("consulfarma", "importacao"),
    ("esus_ab", "importacao"),
    *(("mv", tarefa) for tarefa in ETAPAS),
    ("skymed", "importar_pendencias"),
    ("fusion_service", "buscar_pendencias"),
    ("fusion_service", "processar_pendencias"),
    *((dag, tarefa) for dag in INICIAIS for tarefa in ("carga", "processamento")),
}
SITUACAO = "select md5(string_agg(md5(r::text), '' order by integracao_id, codigo)) from registro r"


def com_sucesso(hub: Hub, dag: str, tarefa: str) -> str:
    """Newest finished run in which the task did something."""
    return next(
        r["dag_run_id"] for r in hub.runs(dag) if r["state"] in FIM and hub.tarefas(dag, r["dag_run_id"])[tarefa]["state"] == "success"
    )


def test_the_list_of_tasks_is_complete(pilha: Hub) -> None:
    dags = [d["dag_id"] for d in pilha.api("GET", "/dags?limit=100")["dags"]]
    assert {(d, t["task_id"]) for d in dags for t in pilha.api("GET", f"/dags/{d}/tasks")["tasks"]} == TAREFAS


@pytest.mark.parametrize(("dag", "tarefa"), sorted(TAREFAS))
def test_clearing_a_task_changes_nothing(hub: Hub, dag: str, tarefa: str) -> None:
    if dag in ("skymed", "fusion_service"):
        hub.mudar("skymed", 2)
        hub.quieto()
    run = provocar(hub, tarefa) if dag == "mv" else com_sucesso(hub, dag, tarefa)
    antes = (hub.aplicacoes(), hub.um("fusion", SITUACAO))
    hub.limpar(dag, run, tarefa)
    assert hub.terminar(dag, run) == "success"
    assert hub.tarefas(dag, run)[tarefa]["try_number"] >= 2
    assert (hub.aplicacoes(), hub.um("fusion", SITUACAO)) == antes
    hub.reconciliar()

"""On-call clears any task of any finished run: the end state is that of one clean run."""

from __future__ import annotations

import pytest

from sandbox.sources import sources
from tests.e2e import fhir, mv, tasy, trackcare
from tests.e2e.hub import INICIAIS, Hub, com_sucesso, limpar_sem_efeito

TAREFAS = {
    *((nome, tarefa) for nome, fonte in sources().items() for tarefa in fonte.run.tasks),
    *(("mv", tarefa) for tarefa in mv.TAREFAS),
    *(("tasy", tarefa) for tarefa in tasy.TAREFAS),
    *(("trackcare", tarefa) for tarefa in trackcare.TAREFAS),
    ("trackcare_carga_inicial", "carga_inicial_pacientes"),
    *((dag, tarefa) for dag, tarefas in fhir.TAREFAS.items() for tarefa in tarefas),
    *((dag, tarefa) for dag in INICIAIS if dag != "trackcare_carga_inicial" for tarefa in ("carga", "processamento")),
}


def test_the_list_of_tasks_is_complete(pilha: Hub) -> None:
    dags = [d["dag_id"] for d in pilha.api("GET", "/dags?limit=100")["dags"]]
    assert {(d, t["task_id"]) for d in dags for t in pilha.api("GET", f"/dags/{d}/tasks")["tasks"]} == TAREFAS


@pytest.mark.parametrize(
    ("dag", "tarefa"), sorted((dag, tarefa) for dag, tarefa in TAREFAS if dag not in ("mv", "tasy", "trackcare", *fhir.TAREFAS))
)
def test_clearing_a_task_changes_nothing(hub: Hub, dag: str, tarefa: str) -> None:
    """Those of MV, Tasy, TrackCare and FHIR are cleared where each is given work, in files of their own."""
    if dag in ("skymed", "fusion_service"):
        hub.mudar("skymed", 2)
        hub.quieto()
    limpar_sem_efeito(hub, dag, tarefa, next(com_sucesso(hub, dag, tarefa)))

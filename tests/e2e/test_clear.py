"""On-call clears any task of any finished run: the end state is that of one clean run."""

from __future__ import annotations

import pytest

from sandbox.sources import sources
from tests.e2e import fhir, mv, tasy, trackcare
from tests.e2e.hub import INITIAL_RUNS, RECONCILIATION, Hub, clear_without_effect, succeeded

TASKS = {
    *((name, task) for name, source_items in sources().items() for task in source_items.run.tasks),
    *(("mv", task) for task in mv.TASKS),
    *(("tasy", task) for task in tasy.TASKS),
    *(("trackcare", task) for task in trackcare.TASKS),
    ("trackcare_carga_inicial", "carga_inicial_pacientes"),
    *(("conciliacao", task) for task in RECONCILIATION),
    *(("conferir_instalacao", task) for task in ("instalacoes", "conferir")),
    *((dag, task) for dag, tasks in fhir.TASKS.items() for task in tasks),
    *((dag, task) for dag in INITIAL_RUNS if dag != "trackcare_carga_inicial" for task in ("carga", "processamento")),
}


def test_the_list_of_tasks_is_complete(stack: Hub) -> None:
    dags = [d["dag_id"] for d in stack.api("GET", "/dags?limit=100")["dags"]]
    assert {(d, t["task_id"]) for d in dags for t in stack.api("GET", f"/dags/{d}/tasks")["tasks"]} == TASKS


@pytest.mark.parametrize(
    ("dag", "task"),
    sorted((dag, task) for dag, task in TASKS if dag not in ("mv", "tasy", "trackcare", "conciliacao", "conferir_instalacao", *fhir.TASKS)),
)
def test_clearing_a_task_changes_nothing(hub: Hub, dag: str, task: str) -> None:
    """Those of MV, Tasy, TrackCare, FHIR and the reconciliation are cleared where each is given work, in files of their own; a check-up only looks."""
    if dag in ("skymed", "fusion_service"):
        hub.change("skymed", 2)
        hub.quiet()
    clear_without_effect(hub, dag, task, next(succeeded(hub, dag, task)))

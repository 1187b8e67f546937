"""Which of Tasy's tasks start for what: each step skips by name those after it for which nothing waits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import DownstreamTasksSkipped

from fusion_airflow.operators import CargaOperator
from tests.dags.dag_files import read_dags

LOOK_UP, GENERATE = "filas.buscar_atendimentos", "filas.gerar_pendencia_atualizacao_pacientes"
INFORMATION, INTEGRATE = "integracao.buscar_informacoes_atendimentos", "integracao.integrar_pendencia_atualizacao_pacientes"


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return read_dags(tmp_path_factory.mktemp("airflow")).dags["tasy"]


def started_tasks(dag: Any, monkeypatch: pytest.MonkeyPatch, filas: dict[str, set[str]], pacientes_changed: bool, kind: str) -> list[str]:
    """Tasks that start, in order; ``filas``: search step → queue processes that it fills."""
    ready: set[str] = set()
    runtime: Any = SimpleNamespace(fila=lambda p: SimpleNamespace(has_ready=lambda: p in ready), sign_on=lambda present: None)
    monkeypatch.setattr(CargaOperator, "has_work", lambda self, _: pacientes_changed)
    puladas: set[str] = set()
    done = []
    for task in dag.topological_sort():
        if task.task_id in puladas:
            continue
        done.append(task.task_id)
        if isinstance(task, CargaOperator):
            ready |= filas.get(task.task_id, set())
            context = {"dag": dag, "dag_run": SimpleNamespace(run_type=kind), "ti": SimpleNamespace(xcom_push=lambda *_: None)}
            try:
                task.skip_without_work(context, runtime, {})
            except DownstreamTasksSkipped as pulo:
                puladas |= set(pulo.tasks)
    return done


@pytest.mark.parametrize(
    ("filas", "pacientes", "expected_ones"),
    [
        ({}, False, [LOOK_UP]),
        ({LOOK_UP: {"buscar_informacoes_atendimentos"}}, False, [LOOK_UP, INFORMATION, "acompanhamento"]),
        (
            {GENERATE: {"buscar_informacoes_atendimentos", "integrar_pendencia_atualizacao_pacientes"}},
            True,
            [LOOK_UP, GENERATE, INFORMATION, INTEGRATE, "acompanhamento"],
        ),
        ({}, True, [LOOK_UP, GENERATE]),
    ],
    ids=["nothing", "an attendance", "a patient", "a patient whom somebody else queued"],
)
def test_nothing_starts_for_nothing(
    dag: Any, monkeypatch: pytest.MonkeyPatch, filas: dict[str, set[str]], pacientes: bool, expected_ones: list[str]
) -> None:
    assert started_tasks(dag, monkeypatch, filas, pacientes, "asset_triggered") == expected_ones


def test_a_run_that_no_watcher_asked_for_looks_everywhere(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert started_tasks(dag, monkeypatch, {}, False, "scheduled") == [LOOK_UP, GENERATE]


def test_the_graph_reads_like_the_seed(dag: Any) -> None:
    assert dag.get_task(GENERATE).upstream_task_ids == {LOOK_UP}
    assert dag.get_task("acompanhamento").upstream_task_ids == {INFORMATION, INTEGRATE}
    assert all(t.trigger_rule == "none_failed" for t in dag.tasks)

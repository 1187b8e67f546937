"""Which of Tasy's tasks start for what: each step skips by name those after it for which nothing waits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import DownstreamTasksSkipped

from fusion_airflow.operators import CargaOperator
from tests.dags.apoio import ler_dags

BUSCAR, GERAR = "filas.buscar_atendimentos", "filas.gerar_pendencia_atualizacao_pacientes"
INFORMACOES, INTEGRAR = "integracao.buscar_informacoes_atendimentos", "integracao.integrar_pendencia_atualizacao_pacientes"


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return ler_dags(tmp_path_factory.mktemp("airflow")).dags["tasy"]


def iniciadas(dag: Any, monkeypatch: pytest.MonkeyPatch, filas: dict[str, set[str]], pacientes_mudaram: bool, tipo: str) -> list[str]:
    """Tasks that start, in order; ``filas``: search step → queue processes that it fills."""
    prontos: set[str] = set()
    montagem = SimpleNamespace(fila=lambda p: SimpleNamespace(tem_prontos=lambda: p in prontos), assinar_plantao=lambda presente: None)
    monkeypatch.setattr(CargaOperator, "tem_trabalho", lambda self, _: pacientes_mudaram)
    puladas: set[str] = set()
    feitas = []
    for tarefa in dag.topological_sort():
        if tarefa.task_id in puladas:
            continue
        feitas.append(tarefa.task_id)
        if isinstance(tarefa, CargaOperator):
            prontos |= filas.get(tarefa.task_id, set())
            contexto = {"dag": dag, "dag_run": SimpleNamespace(run_type=tipo), "ti": SimpleNamespace(xcom_push=lambda *_: None)}
            try:
                tarefa.pular_sem_trabalho(contexto, montagem, {})
            except DownstreamTasksSkipped as pulo:
                puladas |= set(pulo.tasks)
    return feitas


@pytest.mark.parametrize(
    ("filas", "pacientes", "esperadas"),
    [
        ({}, False, [BUSCAR]),
        ({BUSCAR: {"buscar_informacoes_atendimentos"}}, False, [BUSCAR, INFORMACOES, "acompanhamento"]),
        (
            {GERAR: {"buscar_informacoes_atendimentos", "integrar_pendencia_atualizacao_pacientes"}},
            True,
            [BUSCAR, GERAR, INFORMACOES, INTEGRAR, "acompanhamento"],
        ),
        ({}, True, [BUSCAR, GERAR]),
    ],
    ids=["nothing", "an attendance", "a patient", "a patient whom somebody else queued"],
)
def test_nothing_starts_for_nothing(
    dag: Any, monkeypatch: pytest.MonkeyPatch, filas: dict[str, set[str]], pacientes: bool, esperadas: list[str]
) -> None:
    assert iniciadas(dag, monkeypatch, filas, pacientes, "asset_triggered") == esperadas


def test_a_run_that_no_watcher_asked_for_looks_everywhere(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert iniciadas(dag, monkeypatch, {}, False, "scheduled") == [BUSCAR, GERAR]


def test_the_graph_reads_like_the_seed(dag: Any) -> None:
    assert dag.get_task(GERAR).upstream_task_ids == {BUSCAR}
    assert dag.get_task("acompanhamento").upstream_task_ids == {INFORMACOES, INTEGRAR}
    assert all(t.trigger_rule == "none_failed" for t in dag.tasks)

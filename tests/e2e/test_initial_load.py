"""The whole history once: complete, pausable, resumable, and never twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.hub import INITIAL, Hub

RESERVADAS = "select count(*) from ImportacaoAtendimento where processo = 'carga_inicial' and situacao = 'reservado'"


@pytest.fixture
def history(hub: Hub) -> Iterator[int]:
    """Attendances of the source that only the initial load can bring: nobody watches while they are written."""
    with hub.paused("esus_ab"):
        hub.change("esus_ab", 40)
        yield hub.applied()


def test_the_first_load_delivered_the_whole_history(hub: Hub) -> None:
    run = hub.runs(INITIAL)[-1]["dag_run_id"]
    carga = hub.xcom(INITIAL, run, "carga")
    assert carga["feitos"] == carga["total"] >= 40
    assert hub.xcom(INITIAL, run, "processamento", "progresso")["feitos"] == carga["total"]


def test_another_load_of_the_same_history_sends_nothing(hub: Hub) -> None:
    before = hub.applied()
    run = hub.run_task(INITIAL, recomecar=True)
    assert hub.state_of(INITIAL, run) == "success"
    assert hub.applied() == before
    assert hub.xcom(INITIAL, run, "processamento")["enviados"] == 0


def test_pausing_the_dag_holds_the_load_and_unpausing_goes_on(hub: Hub, history: int) -> None:
    with hub.falhas(atraso_ms=4000):
        run = hub.trigger(INITIAL, recomecar=True)
        hub.wait(lambda: any(t["state"] == "running" for t in hub.tasks(INITIAL, run).values()))
        with hub.paused(INITIAL):
            hub.let_be(9)
            assert hub.state_of(INITIAL, run) == "running"
    assert hub.finish(INITIAL, run) == "success"
    hub.reconcile()


def test_a_load_killed_in_the_middle_resumes_and_loses_nothing(hub: Hub, history: int) -> None:
    with hub.falhas(atraso_ms=5000):
        run = hub.trigger(INITIAL, recomecar=True)
        hub.wait(lambda: hub.one("fusion_integracao", RESERVADAS))
        hub.let_be(hub.rng.uniform(0, 3))
        hub.kill_worker_of(INITIAL, "processamento")
    assert hub.finish(INITIAL, run) == "success"
    assert hub.tasks(INITIAL, run)["processamento"]["try_number"] == 2
    assert hub.applied() > history
    hub.reconcile()

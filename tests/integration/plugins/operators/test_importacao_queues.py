"""Delivering steps of a system with several queues (MV): each its own, and a last step for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include.fusion.store.filas import Outcome
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.integration.plugins.operators.run import AT_ONCE, Run, connect, settle


@pytest.fixture(scope="module")
def hospital(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path_factory.mktemp("mv"), "mv", 30)
    b.runtime.carga().mark_start()
    yield b
    b.close()


@pytest.fixture
def mv(hospital: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harness:
    """Some changes wait, whatever they are."""
    settle(tmp_path, monkeypatch, "mv", acompanhamento=AT_ONCE)
    connect(monkeypatch, hospital)
    hospital.change(15)
    hospital.load()
    return hospital


def waiting(b: Harness) -> dict[str, int]:
    """Process → rows that wait."""
    return {r.fila.scope.processo: n for r in b.runtime.routes() if (n := r.fila.tally()["pendente"])}


def refused_ones(b: Harness) -> int:
    return sum(route.fila.tally()["erro"] for route in b.runtime.routes())


def test_a_step_delivers_its_own_queue_and_the_last_one_all_others(mv: Harness) -> None:
    before = waiting(mv)
    assert len(before) > 1 and before["abertura"] > 0
    sent = Run("mv").do("processamento.abertura")["enviados"]
    after = waiting(mv)
    assert sent > 0 and after == {**before, "abertura": before["abertura"] - sent} | {"abertura": after.get("abertura", 0)}
    Run("mv").do("acompanhamento")
    assert waiting(mv) == {} and mv.duplicates() == []


def test_a_dry_run_is_the_first_steps_alone(mv: Harness) -> None:
    run = Run("mv", simular=True)
    assert run.do("processamento.abertura")["simulacao"] is True
    for task_id in ("processamento.alta", "acompanhamento"):
        with pytest.raises(AirflowSkipException, match="Simulação"):
            run.do(task_id)


def test_a_clear_of_the_last_step_sends_the_errors_of_every_queue_again(mv: Harness) -> None:
    run = Run("mv")
    mine = run.dag.get_task("acompanhamento").row_owner(run.context("acompanhamento"))
    for route in mv.runtime.routes():
        refused = route.fila.reserve(1, mine, timedelta(minutes=1))
        with mv.runtime.fusion.begin() as con:
            route.fila.record(con, mine, [Outcome(row, "erro", motivo="teste") for row in refused])
    assert refused_ones(mv) > 0
    run.do("acompanhamento")
    assert refused_ones(mv) > 0
    run.do("acompanhamento", attempt=2)
    assert refused_ones(mv) == 0

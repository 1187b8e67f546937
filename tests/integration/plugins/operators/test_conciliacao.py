"""The steps of the reconciliation's DAG: whom they compare, whom they ask, what turns the run red."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from fusion_airflow.operators.conciliacao import NO, YES
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.integration.plugins.operators.run import AT_ONCE, Run, connect, settle

WHO: dict[str, Any] = {"integracao": "consulfarma", "nome": "Consulfarma"}


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path, "consulfarma", 30)
    settle(tmp_path, monkeypatch, "consulfarma", importacao=AT_ONCE, conciliacao={"assentar": 0, "minimo_cancelamentos": 2, "hora": 2})
    connect(monkeypatch, b)
    b.load()
    b.deliver()
    yield b
    b.close()


def vanish(b: Harness, count: int) -> None:
    """The source loses attendances without a trace."""
    b.origem("update dbo.atendimento set excluido = 1 where atendimentoid in"
             " (select atendimentoid from dbo.atendimento where excluido = 0 and situacao <> 'C' order by 1 limit %s)", count)  # fmt: skip


def answer(run: Run, held: dict[str, Any], chosen: str) -> Any:
    """What the step that asks gives on, once somebody has answered, or the time is over."""
    event = {"chosen_options": [chosen], "params_input": {}, "responded_at": datetime.now(UTC), "responded_by_user": None}
    task = run.dag.get_task("confirmar").unmap(held)
    assert str(held["retidos"]) in task.subject and task.defaults == [NO]
    return task.execute_complete(run.context("confirmar"), event)


def last(run: Run, compared: list[Any], cancelled: list[Any]) -> Any:
    task = run.dag.get_task("alarme")
    task.comparados, task.cancelados = compared, cancelled
    return task.execute(run.context("alarme"))


def test_a_mass_cancellation_waits_for_a_yes_and_without_one_the_run_ends_red(harness: Harness) -> None:
    vanish(harness, 5)
    run = Run("conciliacao")
    compared = run.do("comparar", **WHO)
    assert (compared["retidos"], compared["encontrado"][0]["enfileirados"]) == (5, 0)
    run.dag.get_task("retidos").comparados = [compared]
    (held,) = run.do("retidos")
    refused = run.do("cancelar", **answer(run, held, NO))
    with pytest.raises(AirflowFailException, match=r"Consulfarma: diferenças sem reparo: 5 .* falta de um sim"):
        last(run, [compared], [refused])
    assert harness.fila("select count(*) from ImportacaoAtendimento where operacao = 'exclusao' and situacao = 'pendente'") == [(0,)]
    agreed = run.do("cancelar", **answer(run, held, YES))
    assert (agreed["retidos"], last(run, [compared], [agreed])["enfileirados"]) == (0, 5)
    harness.deliver()
    assert harness.divergent() == []


def test_few_differences_are_repaired_without_asking(harness: Harness) -> None:
    vanish(harness, 2)
    run = Run("conciliacao")
    compared = run.do("comparar", **WHO)
    run.dag.get_task("retidos").comparados = [compared]
    with pytest.raises(AirflowSkipException):
        run.do("retidos")
    assert last(run, [compared], [])["fantasma"] == 2
    harness.deliver()
    assert harness.divergent() == []


def test_a_dry_run_asks_nobody_and_is_green(harness: Harness) -> None:
    vanish(harness, 5)
    run = Run("conciliacao", simular=True)
    compared = run.do("comparar", **WHO)
    run.dag.get_task("retidos").comparados = [compared]
    with pytest.raises(AirflowSkipException):
        run.do("retidos")
    assert last(run, [compared], []) == {"ausente": 0, "defasado": 0, "enfileirados": 0, "fantasma": 5}


def test_each_integration_is_compared_at_its_own_hour_and_by_hand_at_any(harness: Harness) -> None:
    assert Run("conciliacao").do("integracoes") == [WHO]
    run = Run("conciliacao", kind="scheduled")
    task = run.dag.get_task("integracoes")

    def at(hour: int) -> Any:
        started = SimpleNamespace(run_type="scheduled", logical_date=datetime(2026, 5, 1, hour, tzinfo=UTC))
        return task.execute({"params": run.form, "dag_run": started})

    assert (at(5), at(6)) == ([WHO], [])  # Two in the morning, three hours behind UTC.


def test_a_period_needs_an_integration(harness: Harness) -> None:
    with pytest.raises(AirflowFailException, match="escolha a integração"):
        Run("conciliacao", data_inicial="2026-01-01", data_final="2026-01-02").do("integracoes")

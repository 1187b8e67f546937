"""Which failures Airflow tries again: those that pass by themselves, and no other."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.module_loading import import_string
from sqlalchemy.exc import OperationalError

from fusion_airflow.dags.common import hub_dag
from fusion_airflow.operators import CargaOperator
from fusion_airflow.retry import RETRY_POLICY
from include.fusion.errors import FusionUnavailable, InvalidConfiguration, InvalidRequest
from include.fusion.settings import obtain


def decision(policy: Any, error: Exception) -> RetryAction:
    return policy.evaluate(error, try_number=1, max_tries=5).action


def test_the_exceptions_that_rules_name_are_those_that_the_engine_raises() -> None:
    # They stand there as texts, which no import checks.
    assert [import_string(rule.exception) for rule in RETRY_POLICY.rules] == [InvalidConfiguration, InvalidRequest]


@pytest.mark.parametrize("error", [InvalidConfiguration("x"), InvalidRequest("x")], ids=lambda e: type(e).__name__)
def test_a_wrong_file_or_form_fails_at_once(error: Exception) -> None:
    assert decision(RETRY_POLICY, error) is RetryAction.FAIL


@pytest.mark.parametrize(
    "error", [FusionUnavailable(503, "x"), OperationalError("select 1", {}, Exception()), KeyError("x")], ids=lambda e: type(e).__name__
)
def test_what_may_pass_by_itself_is_tried_again(error: Exception) -> None:
    assert decision(RETRY_POLICY, error) is RetryAction.DEFAULT


def task(entry_id: str) -> Any:
    """A step in a DAG as ours are made, with four tries more."""
    with hub_dag("d", "D", "", form={}, timeout=timedelta(hours=1), tags=(), defaults={"retries": 4}):
        return CargaOperator(integracao=entry_id, task_id="carga")


@pytest.mark.parametrize(
    ("entry_id", "form"), [("que_nao_existe", {}), ("mv", {"data_inicial": "2026-01-01"})], ids=["an unknown entry", "half a period"]
)
def test_a_step_that_cannot_work_is_not_started_again(entry_id: str, form: dict[str, Any]) -> None:
    step = task(entry_id)
    ti = SimpleNamespace(dag_id="d", task_id="carga", run_id="r", try_number=1)
    with pytest.raises((InvalidConfiguration, InvalidRequest)) as error:
        step.execute({"ti": ti, "dag": step.dag, "params": form})
    assert step.retries == 4 and decision(step.retry_policy, error.value) is RetryAction.FAIL
    assert obtain("mv").retentativas.maximo > 0

"""What all operators have in common, as far as no server is needed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from fusion_airflow.operators.base import HubOperator, IntegracaoOperator
from fusion_airflow.operators.carga_inicial import CargaInicialOperator
from fusion_airflow.operators.importacao import ImportacaoOperator


@pytest.mark.parametrize("conf", [None, {}, {"atendimento": "1"}])
def test_a_form_that_the_dag_knows_is_taken(conf: dict[str, str] | None) -> None:
    HubOperator.check_form(run_with(conf))


def test_a_field_that_the_dag_does_not_know_is_refused_and_not_repeated() -> None:
    with pytest.raises(AirflowFailException, match=r"nada foi alterado.*atendimento, paciente") as refusal:
        HubOperator.check_form(run_with({"Maria das Dores": "1"}))
    assert "Maria" not in str(refusal.value)


def run_with(conf: dict[str, str] | None) -> Any:
    return {"dag": SimpleNamespace(params={"paciente": None, "atendimento": None}), "dag_run": SimpleNamespace(conf=conf)}


@pytest.mark.parametrize(("kind", "run", "statement"), [
    (ImportacaoOperator, timedelta(hours=1), 1800), (ImportacaoOperator, timedelta(minutes=5), 300), (ImportacaoOperator, None, 1800),
    (CargaInicialOperator, timedelta(days=7), 7200),
])  # fmt: skip
def test_no_statement_has_the_whole_time_of_its_run(kind: type[IntegracaoOperator], run: timedelta | None, statement: float) -> None:
    context = {"dag": SimpleNamespace(dagrun_timeout=run), "ti": SimpleNamespace(dag_id="d", task_id="t")}
    session = kind(integracao="mv", task_id="t").session(context)
    assert session == {"application": "d.t", "time_limit": statement}

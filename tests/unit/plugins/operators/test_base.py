"""What all operators have in common, as far as no server is needed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from fusion_airflow.operators.base import IntegracaoOperator
from fusion_airflow.operators.carga_inicial import CargaInicialOperator
from fusion_airflow.operators.importacao import ImportacaoOperator


@pytest.mark.parametrize(("kind", "run", "statement"), [
    (ImportacaoOperator, timedelta(hours=1), 1800), (ImportacaoOperator, timedelta(minutes=5), 300), (ImportacaoOperator, None, 1800),
    (CargaInicialOperator, timedelta(days=7), 7200),
])  # fmt: skip
def test_no_statement_has_the_whole_time_of_its_run(kind: type[IntegracaoOperator], run: timedelta | None, statement: float) -> None:
    context = {"dag": SimpleNamespace(dagrun_timeout=run), "ti": SimpleNamespace(dag_id="d", task_id="t")}
    session = kind(integracao="mv", task_id="t").session(context)
    assert session == {"application": "d.t", "time_limit": statement}

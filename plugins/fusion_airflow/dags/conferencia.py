"""Form and steps of the check-up's DAG. Its DAG file gets them from ``include.fusion.wiring``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from fusion_airflow.dags.common import hub_dag
from fusion_airflow.operators import conferir as operators
from include.fusion.settings import Integracao

CHECKUP_MAX = timedelta(hours=2)


def checkup_dag(doc: str) -> tuple[DAG, type[Steps]]:
    """One DAG for all installed entries, started by hand."""
    dag = hub_dag(
        "conferir_instalacao",
        "Conferir instalação",
        doc,
        form=_form(operators.installed()),
        timeout=CHECKUP_MAX,
        tags=("impacto:baixo",),
        defaults={"owner": "integracao", "pool": "default_pool", "retries": 1, "retry_delay": timedelta(minutes=1)},
        description="O que de cada instalação vai trafegar, e o que não vai",
        schedule=None,
    )
    return dag, Steps


def _form(entries: tuple[Integracao, ...]) -> dict[str, Param]:
    which = Param(
        None,
        type=["null", "string"],
        enum=[None, *(e.id for e in entries)],
        values_display={e.id: e.nome for e in entries},
        title="Instalação",
        description="Vazio: todas.",
    )
    accept = Param(
        False,
        type="boolean",
        title="Aceitar o que falta",
        description="O que não se lê mais foi embora para valer: as execuções seguem sem isso (exige uma instalação).",
    )
    return {"integracao": which, "aceitar": accept}


class Steps:
    """Makes the tasks."""

    @staticmethod
    def installations() -> Any:
        """Lists the installations of the run."""
        return operators.InstalacoesOperator(task_id="instalacoes", task_display_name="Instalações")

    @staticmethod
    def check(installations: Any) -> Any:
        """One task per installation."""
        options = {"map_index_template": "{{ task.nome }}"}
        kind = operators.ConferenciaOperator
        return kind.partial(task_id="conferir", task_display_name="Conferir", **options).expand_kwargs(installations.output)

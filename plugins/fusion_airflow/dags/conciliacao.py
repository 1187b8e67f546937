"""Timetable, form and steps of the reconciliation's DAG. Its DAG file gets them from ``include.fusion.wiring``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param

from fusion_airflow.dags.common import hub_dag
from fusion_airflow.operators import conciliacao as operators
from include.fusion.settings import Integracao
from include.fusion.wiring.form import FORM

COMPARISON_MAX = timedelta(hours=12)
AT_ONCE = 2
"""Hospitals compared at the same time: each comparison reads a whole history."""


def reconciliation_dag(doc: str) -> tuple[DAG, Steps]:
    """One DAG for all installed entries: nightly, each at its own hour, and on demand."""
    entries = operators.reconciled()
    hours = sorted({e.reconciled_at for e in entries}) or [6]
    answer = max((e.conciliacao.prazo_resposta for e in entries), default=timedelta(hours=6))
    dag = hub_dag(
        "conciliacao",
        "Conciliação",
        doc,
        form=_form(entries),
        timeout=COMPARISON_MAX + answer,
        tags=("impacto:alto",),
        defaults={"owner": "integracao", "pool": "default_pool", "retries": 2, "retry_delay": timedelta(minutes=5)},
        description="Compara origem, fila, livro e Fusion, e repara o que difere",
        schedule=CronTriggerTimetable(f"0 {','.join(map(str, hours))} * * *", timezone="UTC"),
    )
    return dag, Steps(answer)


def _form(entries: tuple[Integracao, ...]) -> dict[str, Param]:
    which = Param(
        None,
        type=["null", "string"],
        enum=[None, *(e.id for e in entries)],
        values_display={e.id: e.nome for e in entries},
        title="Integração",
        description="Vazio: todas. Um atendimento, paciente ou período exige uma.",
    )
    fields = ("atendimento", "paciente", "data_inicial", "data_final")
    dry_run = Param(False, type="boolean", title="Simular", description="Compara e conta; nada é alterado nem cancelado.")
    return {"integracao": which, **{name: Param(**FORM[name]) for name in fields}, "simular": dry_run}


class Steps:
    """Makes the tasks."""

    def __init__(self, answer: timedelta) -> None:
        self._answer = answer

    @staticmethod
    def integrations() -> Any:
        """Lists the integrations of the run."""
        return operators.IntegracoesOperator(task_id="integracoes", task_display_name="Integrações")

    @staticmethod
    def compare(integrations: Any) -> Any:
        """One task per integration compares and repairs."""
        options = {"max_active_tis_per_dagrun": AT_ONCE, "map_index_template": "{{ task.nome }}"}
        kind = operators.ConciliacaoOperator
        return kind.partial(task_id="comparar", task_display_name="Comparar", **options).expand_kwargs(integrations.output)

    def ask(self, compared: Any) -> Any:
        """A person decides about mass cancellations, per integration."""
        held = operators.RetidosOperator(
            comparados=compared.output, task_id="retidos", task_display_name="Retidos", trigger_rule="all_done"
        )
        kind = operators.AprovacaoOperator
        options = {"response_timeout": self._answer, "map_index_template": "{{ task.nome }}"}
        return kind.partial(task_id="confirmar", task_display_name="Confirmar cancelamentos", **options).expand_kwargs(held.output)

    @staticmethod
    def cancel(answers: Any) -> Any:
        """One task per answer cancels, or says that nobody agreed."""
        kind = operators.ConciliacaoOperator
        options = {"map_index_template": "{{ task.nome }}"}
        return kind.partial(task_id="cancelar", task_display_name="Cancelar", **options).expand_kwargs(answers.output)

    @staticmethod
    def alarm(compared: Any, cancelled: Any) -> Any:
        """Last step: one sentence about what stays unrepaired. A failed comparison makes the run red, too."""
        options = {"task_id": "alarme", "task_display_name": "Alarme", "trigger_rule": "none_failed"}
        return operators.AlarmeOperator(comparados=compared.output, cancelados=cancelled.output, **options)

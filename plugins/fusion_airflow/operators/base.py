"""Common to all operators: their end, the owner of reserved rows, the run's form and parts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, DownstreamTasksSkipped

from fusion_airflow.operators.on_kill import Killable
from fusion_airflow.operators.supervised import end_with_supervisor

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import ReplayRequest, Runtime

STATEMENT_MAX = timedelta(minutes=30)
"""For one statement of a task: a database that is silent must not keep it for the whole run."""
XCOM_REASONS = 10
"""Reasons of refusals in a task's XCom, the most common first."""


class HubOperator(Killable, BaseOperator):
    """Base of integrations and FHIR. Heavy imports are inside the methods: every task start and every parse imports these files."""

    statement_max = STATEMENT_MAX

    def __init__(self, **kwargs: Any) -> None:
        # Without one of its own, Airflow would map tasks with the defaults of BaseOperator's signature: inlets would be None.
        super().__init__(**kwargs)

    def pre_execute(self, context: Any) -> None:
        end_with_supervisor()
        self.check_form(context)

    @staticmethod
    def check_form(context: Context) -> None:
        """Refuse a run whose conf has fields that its DAG does not know: a misspelt filter would ask for everything. Their names may hold
        anything, so they are not repeated."""
        known = context["dag"].params
        if unknown := set(context["dag_run"].conf or {}) - set(known):
            raise AirflowFailException(
                f"Pedido recusado, nada foi alterado: {len(unknown)} campos dele não existem nesta DAG. Os que existem: {', '.join(sorted(known))}."
            )

    @staticmethod
    def prefix(context: Context) -> str:
        """Owner of rows for all tries of this task in this run; each mapped task has its own."""
        ti = context["ti"]
        mapped = f"[{ti.map_index}]" if getattr(ti, "map_index", -1) >= 0 else ""
        return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}{mapped}#"

    def row_owner(self, context: Context) -> str:
        """Owner of rows in this try. With the bar, try 1 is no prefix of try 10."""
        return f"{self.prefix(context)}{context['ti'].try_number}|"

    def resume(self, context: Context, *filas: Any) -> None:
        """After a killed try, or when somebody cleared this task: reclaim its rows and resend its errors."""
        if context["ti"].try_number > 1:
            for fila in filas:
                fila.reclaim(self.prefix(context))
                fila.reenviar_erros(owner_prefix=self.prefix(context))

    def session(self, context: Context) -> dict[str, Any]:
        """Options of ``engine_for``: name and time limit of this task's statements in a database."""
        limits = (self.execution_timeout or context["dag"].dagrun_timeout, self.statement_max)
        limit = min(limit for limit in limits if limit is not None)
        return {"application": f"{context['ti'].dag_id}.{context['ti'].task_id}", "time_limit": limit.total_seconds()}

    def motivos(self, result: Any) -> dict[str, int]:
        """The most common reasons of refusals, also written to the log."""
        reasons = dict(result.motivos.most_common(XCOM_REASONS))
        for reason, count in reasons.items():
            self.log.warning("%d com erro: %s", count, reason)
        return reasons


class IntegracaoOperator(HubOperator):
    """Runs one process of one integration; ``integracao`` is the entry's id in integracoes.yaml."""

    ui_color = "#e8f4fd"
    feeds = False
    """Whether later steps may get work from this one."""

    def __init__(self, *, integracao: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.integracao = integracao

    def execute(self, context: Context) -> dict[str, Any]:
        """Counts of the run (numbers and reasons, never the content of a record)."""
        from fusion_airflow.hooks.engines import engine_for
        from fusion_airflow.hooks.fusion import FusionHook
        from include.fusion.settings import obtain
        from include.fusion.wiring.names import ReplayRequest, Runtime

        session, integracao = self.session(context), obtain(self.integracao)
        runtime = Runtime(
            integracao,
            lambda conn_id: engine_for(conn_id, **session),
            lambda connections: FusionHook(integracao.conexoes.fusion_api).client(connections),
        )
        try:
            request = ReplayRequest.from_params(context["params"], runtime.sistema)
            return self.process(context, runtime, request)
        finally:
            runtime.close()

    @abstractmethod
    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        """Do the work of the step. ``runtime`` opens an engine at its first use."""

    def has_work(self, runtime: Runtime) -> bool:
        """Whether work waits for this step. Earlier steps ask, so that the step need not start to find out."""
        return True

    def will_have_work(self, runtime: Runtime, before: Sequence[Any]) -> bool:
        """The same, with ``before``: the steps just before it that will run."""
        return any(task.feeds for task in before) or self.has_work(runtime)

    def skip_without_work(self, context: Context, runtime: Runtime, counts: dict[str, Any]) -> dict[str, Any]:
        """End this step and skip later steps without work: even an idle task costs a second.

        A step stays when an earlier step may still bring it work, or works beside this one. A run without a watcher's event looks everywhere.
        """
        dag = context["dag"]
        following = [t for t in dag.topological_sort() if t.task_id in self.get_flat_relative_ids(upstream=False)]
        by_event = context["dag_run"].run_type == "asset_triggered"
        beside = self._beside(context, following)
        kept: set[str] = set()
        for task in following:
            before = [dag.get_task(name) for name in task.upstream_task_ids & (kept | beside)]
            if not isinstance(task, IntegracaoOperator) or (task.feeds and not by_event) or task.will_have_work(runtime, before):
                kept.add(task.task_id)
        if not kept:
            runtime.sign_on(False)
        if without := [t.task_id for t in following if t.task_id not in kept]:
            context["ti"].xcom_push("return_value", counts)
            raise DownstreamTasksSkipped(tasks=without)
        return counts

    def _beside(self, context: Context, following: Sequence[Any]) -> set[str]:
        """Steps before the ``following`` ones that do not wait for this one, and are not skipped. A search that has ended brings nothing more."""
        ids = {task.task_id for task in following}
        others = set().union(*(task.upstream_task_ids for task in following)) - ids - {self.task_id}
        if not others:
            return set()
        ti, dag = context["ti"], context["dag"]
        states = ti.get_task_states(dag.dag_id, task_ids=sorted(others), run_ids=[ti.run_id]).get(ti.run_id, {})
        ended = {name for name in others if states.get(name) == "success" and getattr(dag.get_task(name), "feeds", False)}
        return {name for name in others - ended if states.get(name) != "skipped"}

    @staticmethod
    def skip_if_switched_off(enabled: bool, name: str) -> None:
        if not enabled:
            raise AirflowSkipException(f"Processo {name} desligado nas configurações (habilitado: false)")


@contextmanager
def share_refused() -> Iterator[None]:
    """Fail without a retry when too many records were refused: a retry would refuse the same records."""
    from include.fusion.wiring.names import TooManyErrors

    try:
        yield
    except TooManyErrors as error:
        raise AirflowFailException(str(error)) from None

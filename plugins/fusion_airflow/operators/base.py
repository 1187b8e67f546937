"""What the operators share: their end, who owns the rows they reserve, the run's form and parts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, DownstreamTasksSkipped

from fusion_airflow.operators.on_kill import Killable

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import ReplayRequest, Runtime

XCOM_REASONS = 10
"""Reasons of refusals that a task tells, the commonest first."""


class HubOperator(Killable, BaseOperator):
    """Common to the steps of integrations and of FHIR. Heavy imports wait for the run: every task start and every parse imports these files."""

    @staticmethod
    def prefix(context: Context) -> str:
        """Owner of rows across the tries of this task in this run; a mapped one has its own."""
        ti = context["ti"]
        mapped = f"[{ti.map_index}]" if getattr(ti, "map_index", -1) >= 0 else ""
        return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}{mapped}#"

    def owner(self, context: Context) -> str:
        """Owner of rows in this try; the bar keeps try 1 from being a prefix of try 10."""
        return f"{self.prefix(context)}{context['ti'].try_number}|"

    def resume(self, context: Context, *filas: Any) -> None:
        """An earlier try may have been killed, or on-call has cleared this task: take its rows back and give its errors another chance."""
        if context["ti"].try_number > 1:
            for fila in filas:
                fila.reclaim(self.prefix(context))
                fila.reenviar_erros(owner_prefix=self.prefix(context))

    def session(self, context: Context) -> dict[str, Any]:
        """How this task opens a database: the name that it shows there, and the seconds that a statement may take."""
        limit = self.execution_timeout or context["dag"].dagrun_timeout
        return {"application": f"{context['ti'].dag_id}.{context['ti'].task_id}", "time_limit": limit.total_seconds() if limit else None}

    def motivos(self, result: Any) -> dict[str, int]:
        """The commonest reasons of refusals, which the log shows, too."""
        reasons = dict(result.motivos.most_common(XCOM_REASONS))
        for reason, count in reasons.items():
            self.log.warning("%d com erro: %s", count, reason)
        return reasons


class IntegracaoOperator(HubOperator):
    """Runs one process of one integration; ``integracao`` is the entry's id in integracoes.yaml."""

    ui_color = "#e8f4fd"
    feeds = False
    """Steps after this one may get work from it."""

    def __init__(self, *, integracao: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.integracao = integracao

    def execute(self, context: Context) -> dict[str, Any]:
        """Counts of what was done (numbers and reasons, never a record's content)."""
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
        """Do the step's work; an engine of ``runtime`` is opened when first used."""

    def has_work(self, runtime: Runtime) -> bool:
        """Whether something waits for this step; asked by the steps before it, so that it need not start to find out."""
        return True

    def will_have_work(self, runtime: Runtime, before: Sequence[Any]) -> bool:
        """The same, given the steps right before it that will run."""
        return any(task.feeds for task in before) or self.has_work(runtime)

    def skip_without_work(self, context: Context, runtime: Runtime, counts: dict[str, Any]) -> dict[str, Any]:
        """End this step and skip, by name, every later one for which nothing waits: a task costs a second, even to do nothing.

        A step is kept while one between here and there may still bring it work; a run that no watcher asked for looks everywhere.
        """
        dag = context["dag"]
        following = [t for t in dag.topological_sort() if t.task_id in self.get_flat_relative_ids(upstream=False)]
        by_event = context["dag_run"].run_type == "asset_triggered"
        kept: set[str] = set()
        for task in following:
            before = [dag.get_task(name) for name in task.upstream_task_ids & kept]
            if not isinstance(task, IntegracaoOperator) or (task.feeds and not by_event) or task.will_have_work(runtime, before):
                kept.add(task.task_id)
        if not kept:
            runtime.sign_on(False)
        if without := [t.task_id for t in following if t.task_id not in kept]:
            context["ti"].xcom_push("return_value", counts)
            raise DownstreamTasksSkipped(tasks=without)
        return counts

    @staticmethod
    def skip_if_switched_off(enabled: bool, name: str) -> None:
        if not enabled:
            raise AirflowSkipException(f"Processo {name} desligado nas configurações (habilitado: false)")


@contextmanager
def parcela_recusada() -> Iterator[None]:
    """Red when too large a share was refused: trying again by itself would only refuse the same records again."""
    from include.fusion.wiring.names import TooManyErrors

    try:
        yield
    except TooManyErrors as error:
        raise AirflowFailException(str(error)) from None

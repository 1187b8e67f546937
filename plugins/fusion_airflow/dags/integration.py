"""Schedule, form and steps of an integration's DAGs. DAG files get them from ``include.fusion.wiring``."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, DeltaTriggerTimetable, Param, TaskGroup

from fusion_airflow import operators
from fusion_airflow.dags.common import hub_dag, work
from fusion_airflow.triggers.work import WorkTrigger
from include.fusion.settings import Integracao, sections
from include.fusion.wiring.systems import steps, switched_on
from include.fusion.wiring.watch import watch_plan

HISTORY_RETRIES = 100
"""An initial load that is killed goes on from its checkpoint by itself, so many times, as long as its run may last."""
RESTART = Param(False, type="boolean", title="Recomeçar", description="Esquece o ponto de parada e percorre o histórico desde o início.")


def live(entry: Integracao, doc: str) -> tuple[DAG, Steps]:
    """Runs when the watcher sees work, and by the clock as a safety net."""
    wake_up = work(entry.id, WorkTrigger(plan=watch_plan(entry)))
    dag = _dag(
        entry,
        doc,
        dag_id=entry.id,
        name=entry.nome,
        form=_form(entry),
        timeout=entry.dagrun_timeout,
        description=f"{entry.nome} → Fusion",
        schedule=AssetOrTimeSchedule(timetable=DeltaTriggerTimetable(entry.rede_de_seguranca), assets=[wake_up]),
    )
    return dag, Steps(entry)


def history(entry: Integracao, doc: str) -> tuple[DAG, Steps]:
    """Started by hand: reads the whole history and continues from its checkpoint."""
    load = sections.Historico.of(entry.initial_load)
    # Only a load that fills a queue has refused rows.
    errors = {"reenviar_erros": _form(entry)["reenviar_erros"]} if isinstance(load, sections.CargaInicial) else {}
    dag = _dag(
        entry,
        doc,
        dag_id=entry.dag_id_carga_inicial,
        name=f"{entry.nome} – carga inicial",
        form={"recomecar": RESTART} | errors,
        timeout=load.dagrun_timeout,
        description=f"{entry.nome}: todo o histórico → Fusion, uma única vez",
        schedule=None,
        retries=HISTORY_RETRIES,
    )
    return dag, Steps(entry)


def _form(entry: Integracao) -> dict[str, Param]:
    return {name: Param(**field) for name, field in switched_on(entry).form.items()}


def _dag(entry: Integracao, doc: str, *, retries: int | None = None, **options: Any) -> DAG:
    r = entry.retentativas
    defaults = {
        "owner": entry.owner,
        "pool": entry.pool,
        "retries": r.maximo if retries is None else retries,
        "retry_delay": r.espera,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": r.espera_max,
    }
    return hub_dag(doc=doc, tags=(entry.sistema, f"impacto:{entry.impacto}"), defaults=defaults, **options)


class Steps:
    """Makes the tasks of an integration's DAG. ``name``: id of the task and of its settings section; ``label``: shown in the UI.

    After a skipped step the next ones still run: something else may feed their queues.
    """

    def __init__(self, entry: Integracao) -> None:
        self._id = entry.id
        self._searches = steps(entry)
        self._several = len(switched_on(entry).processos) > 1

    @staticmethod
    def group(name: str, label: str) -> TaskGroup:
        """A group of steps; its name comes before theirs in their ids."""
        return TaskGroup(name, group_display_name=label)

    def _step(self, kind: type[Any], name: str, label: str, **options: Any) -> Any:
        return kind(integracao=self._id, task_id=name, task_display_name=label, trigger_rule="none_failed", **options)

    def search(self, name: str, label: str, *, takes_form: bool = False) -> Any:
        """Finds changes. ``takes_form``: the first step of the run, which queues the replay request."""
        step = name if name in self._searches else None
        return self._step(operators.CargaOperator, name, label, ajustes=name, passo=step, primeiro=takes_form)

    def requests(self, name: str, label: str) -> Any:
        """Queues the attendances of patients that Fusion asks for."""
        return self._step(operators.PedidosOperator, name, label)

    def deliver(self, name: str, label: str, *, searches: bool = False) -> Any:
        """Delivers the queue ``name``; the only queue of a system also stays on duty. ``searches``: it finds changes, too."""
        return self._step(operators.ImportacaoOperator, name, label, processo=name if self._several else "", busca=searches)

    def stay_on_duty(self) -> Any:
        """Last step: delivers all queues while there is traffic."""
        return self._step(operators.AcompanhamentoOperator, "acompanhamento", "Acompanhamento")

    def prepare(self, name: str, label: str) -> Any:
        """Makes messages of the rows in the queue ``name``."""
        return self._step(operators.PendenciaBuscaOperator, name, label, processo=name)

    def send(self, name: str, label: str) -> Any:
        """Last step: sends messages, and stays on duty."""
        return self._step(operators.EnvioArquivoOperator, name, label)

    def queue_history(self, name: str, label: str) -> Any:
        """Queues the keys of the whole history."""
        return self._step(operators.CargaInicialOperator, name, label)

    def deliver_history(self, name: str, label: str) -> Any:
        """Delivers the queued history after live traffic."""
        return self._step(operators.ProcessamentoInicialOperator, name, label)

    def copy_people(self, name: str, label: str) -> Any:
        """Copies the source's people into the replica."""
        return self._step(operators.CargaPacientesOperator, name, label)

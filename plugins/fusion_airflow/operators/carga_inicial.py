"""Carga inicial: the whole history, once, after live traffic."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from fusion_airflow.operators.base import IntegracaoOperator, share_refused
from include.fusion.settings import obtain, sections

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import ReplayRequest, Runtime

H = TypeVar("H", bound=sections.Historico)

PAUSE_CHECK = 5.0
"""Seconds between two checks for a pause."""


class _InitialOperator(IntegracaoOperator):
    statement_max = timedelta(hours=2)  # A page of the whole history may need a sort of all of it.

    def pause(self, context: Context, runtime: Runtime) -> _Pause:
        return _Pause(context["ti"].dag_id, lambda: self.settings(runtime, sections.Historico).pausar, self.log)

    @staticmethod
    def settings(runtime: Runtime, kind: type[H]) -> H:
        """Read anew each time: the settings file may change during the load."""
        return kind.of(obtain(runtime.integracao.id).initial_load)

    def progress(self, context: Context, total: int, done: int) -> Any:
        """Progress in the log and in XCom; the UI shows both while the task runs."""
        from include.fusion.wiring.names import Progress

        def speak(text: str, numbers: dict[str, Any]) -> None:
            self.log.info("Progresso: %s", text)
            context["ti"].xcom_push("progresso", numbers)

        return Progress(total, speak, done=done)

    def go_through(self, context: Context, runtime: Runtime, carga: Any, rest: float = 0.0) -> tuple[Any, int]:
        """Read the history from the checkpoint, page by page; ``rest``: seconds after each page. Returns (checkpoint, done in this run)."""
        if context["params"].get("recomecar"):
            carga.restart(context["ti"].run_id)
        before = carga.checkpoint()
        progress = self.progress(context, before.total, before.feitos)

        def advance(checkpoint: Any) -> None:
            progress.total = checkpoint.total
            progress.at(checkpoint.feitos, at_once=checkpoint.concluida)
            if not checkpoint.concluida:
                time.sleep(rest)

        point = carga.run(on_progress=advance, wait=self.pause(context, runtime).wait)
        return point, point.feitos - before.feitos


class CargaInicialOperator(_InitialOperator):
    """Queues the keys of the whole history. It continues from the checkpoint of an earlier run and does nothing once complete."""

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        settings = self.settings(runtime, sections.CargaInicial)
        self.skip_if_switched_off(settings.habilitado, "carga inicial")
        # Before the first page: changes during the load belong to live traffic.
        runtime.carga().mark_start()
        checkpoint, new = self.go_through(context, runtime, runtime.carga_inicial(settings))
        if request.reenviar_erros:
            runtime.fila_inicial.reenviar_erros()
        self.log.info("%d registros do histórico na fila (%d nesta execução)", checkpoint.feitos, new)
        return {"enfileirados": new, "feitos": checkpoint.feitos, "total": checkpoint.total}


class CargaPacientesOperator(_InitialOperator):
    """Copies the source's people, page by page, into the table ``PacienteSES``. Later people come with the next run."""

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        settings = self.settings(runtime, sections.CargaPacientes)
        self.skip_if_switched_off(settings.habilitado, "carga inicial de pacientes")
        carga = runtime.own_initial_load(settings.max_records)
        checkpoint, new = self.go_through(context, runtime, carga, settings.intervalo.total_seconds())
        self.log.info("%d pacientes em PacienteSES (%d nesta execução)", checkpoint.feitos, new)
        return {"gravados": new, "feitos": checkpoint.feitos, "total": checkpoint.total}


class ProcessamentoInicialOperator(_InitialOperator):
    """Delivers the queue of the initial load."""

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        from fusion_airflow.hooks.fusion import FusionHook

        settings = self.settings(runtime, sections.CargaInicial)
        self.skip_if_switched_off(settings.habilitado, "carga inicial")
        fila = runtime.fila_inicial
        self.resume(context, fila)
        counts = fila.tally()
        done = sum(counts[s] for s in ("concluido", "erro", "descartado"))
        progress = self.progress(context, counts["pendente"] + counts["reservado"] + done, done)
        delivery = runtime.delivery(
            settings,
            FusionHook(runtime.integracao.conexoes.fusion_api).client(settings.concorrencia),
            self.row_owner(context),
            [runtime.via_inicial()],
            paused=self.pause(context, runtime).paused,
            progress=lambda result: progress.at(done + result.processed),
        )
        try:
            with share_refused():
                delivery.run()
        finally:
            runtime.record_unmapped()
            self.log.info("%s", delivery.result.digest())
        progress.at(done + delivery.result.processed, at_once=True)
        return delivery.result.contagens() | {"motivos": self.motivos(delivery.result)}


@dataclass
class _Pause:
    """The load pauses when its DAG is paused in the UI, or with ``pausar: true`` in the settings."""

    dag_id: str
    in_settings: Callable[[], bool]
    log: Any
    until: float = 0.0
    value: bool = False

    def paused(self) -> bool:
        now = time.monotonic()
        if now >= self.until:
            new = self.in_settings() or _dag_is_paused(self.dag_id)
            if new != self.value:
                self.log.info("Carga inicial %s", "em pausa: despause a DAG para continuar" if new else "retomada")
            self.value, self.until = new, now + PAUSE_CHECK
        return self.value

    def wait(self) -> None:
        while self.paused():
            time.sleep(1.0)


def _dag_is_paused(dag_id: str) -> bool:
    from airflow.sdk.execution_time.comms import DagResult, GetDag
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    response = SUPERVISOR_COMMS.send(GetDag(dag_id=dag_id))
    return isinstance(response, DagResult) and response.is_paused

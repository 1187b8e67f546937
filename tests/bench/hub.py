"""The real stack (Airflow, PostgreSQL, sandbox Fusion) for one benchmark, in a folder of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from sandbox.postgres import Postgres
from sandbox.report.query import ask
from sandbox.stack import airflow_api
from sandbox.stack.ambiente import EXAMPLE, dsn
from sandbox.stack.estado import StackState
from sandbox.stack.filhos import belonging
from sandbox.stack.pilha import Stack
from sandbox.stack.report import urls_of
from sandbox.stack.situacao import depths
from tests.bench.helpers import temporary_folder

OPEN_STATES = ("pendente", "reservado")


class Hub:
    """A running stack; ``urls`` maps each database to its libpq URL."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.estado = stack.estado
        self.urls = urls_of(self.estado) | {"airflow": dsn(self.estado, stack.pg_password, "airflow")}

    def wait(self, ready: Callable[[], bool], lease: float, what: str, step: float = 0.5) -> None:
        """Watch over the stack until ``ready``; an error when that takes longer than ``lease`` seconds."""
        limit = time.monotonic() + lease
        done = False

        def end() -> bool:
            nonlocal done
            done = ready()
            return done or time.monotonic() > limit

        self.stack.watch(end, step)
        if not done:
            states = ask(self.urls["airflow"], "select dag_id, state, count(*) from dag_run group by 1, 2 order by 1, 2")
            raise RuntimeError(f"{what} took longer than {lease:.0f} s; {self.open_rows()} rows open; runs {states}")

    def pass_over(self, seconds: float) -> None:
        """Let time pass, watching over the stack."""
        end = time.monotonic() + seconds
        self.stack.watch(lambda: time.monotonic() >= end)

    def open_rows(self) -> int:
        """Rows that wait or are being delivered."""
        return sum(n for *_, status, n in depths(self.urls["fusion_integracao"]) if status in OPEN_STATES)

    def bring_history(self) -> None:
        """Load both histories and wait until nothing moves any more."""
        self.wait(lambda: not airflow_api.missing_dags(self.estado), 120, "loading the DAGs")
        airflow_api.trigger_initial_loads(self.estado)
        empty_since: list[float] = []

        def is_parked() -> bool:
            done = ask(self.urls["fusion_integracao"], "select count(distinct processo || integracao_id) from ImportacaoAtendimento")
            if done[0][0] < 3 or self.open_rows():
                empty_since.clear()
                return False
            empty_since.append(time.monotonic())
            return empty_since[-1] - empty_since[0] > 5

        self.wait(is_parked, 300, "delivering the history")

    def idle(self, lease: float = 240) -> None:
        """Wait until no DAG runs."""
        sql = "select count(*) from dag_run where state in ('running', 'queued')"
        self.wait(lambda: ask(self.urls["airflow"], sql)[0][0] == 0, lease, "ending the runs")

    def execucoes(self, since: datetime) -> dict[str, int]:
        """Runs created since then, by their type."""
        sql = "select run_type, count(*) from dag_run where created_at >= %s group by 1"
        return {str(kind): int(n) for kind, n in ask(self.urls["airflow"], sql, since)}

    def departures(self, since: datetime) -> int:
        """Tasks started since then, earlier tries included."""
        total = 0
        for table in ("task_instance", "task_instance_history"):
            sql = f"select count(*) from {table} where start_date >= %s and pid is not null"
            total += int(ask(self.urls["airflow"], sql, since)[0][0])
        return total

    def cpu(self) -> dict[str, float]:
        """CPU seconds by component so far: living processes with the children that they have buried."""
        cards = self.estado.processos.get("filhos", {})
        sums: dict[str, float] = {}
        for name, card in cards.items():
            sums[name] = 0.0
            for processo in belonging([card], "", everything=False):
                try:
                    sums[name] += sum(processo.cpu_times()[:4])
                except psutil.Error:
                    continue
        return sums

    def processos(self, component: str) -> tuple[psutil.Process, list[psutil.Process]]:
        """Leader of a component and its descendants."""
        leader = psutil.Process(self.estado.processos["filhos"][component]["pid"])
        return leader, leader.children(recursive=True)


def now() -> datetime:
    return datetime.now(UTC)


def spent(before: dict[str, float], after: dict[str, float]) -> str:
    """CPU seconds between two readings, in words."""
    parts = {name: after[name] - before.get(name, 0.0) for name in after if name != "simulador"}
    return f"{sum(parts.values()):.0f} CPU s in all ({', '.join(f'{n} {v:.0f}' for n, v in sorted(parts.items(), key=lambda p: -p[1]))})"


@contextmanager
def hub(**environment: str) -> Iterator[Hub]:
    """Start the stack without its simulator; ``environment`` are its FUSION_* variables. Nothing is left afterwards."""
    values = {"FUSION_ATENDIMENTOS": "300", "FUSION_INVALIDOS": "0", "FUSION_SETTINGS": str(EXAMPLE), **environment}
    antigos = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        with temporary_folder() as folder:
            yield from _on_air(StackState(Path(folder) / "hub"))
    finally:
        for name, old_value in antigos.items():
            if old_value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = old_value


def _on_air(state: StackState) -> Iterator[Hub]:
    stack = Stack(state, lambda text: print(f"  {text}", flush=True))
    try:
        stack.start_up(None)
        yield Hub(stack)
    finally:
        stack.stop(wait=6)
        Postgres(state.postgres).delete()

"""``make demo``: a fresh stack, a hospital at work, the figures, and nothing left behind."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2

from sandbox.postgres import Postgres
from sandbox.processos import PR_SET_PDEATHSIG
from sandbox.report.base import Report
from sandbox.report.report import build
from sandbox.stack import airflow_api, componentes
from sandbox.stack.ambiente import dsn
from sandbox.stack.estado import StackState
from sandbox.stack.pilha import Stack, Stop, clean
from sandbox.stack.report import urls_of
from sandbox.stack.situacao import depths

DRAIN = 180.0
"""Seconds that the queues get to run empty, before and after the simulator."""
RECONCILE = 60.0
"""Seconds after that in which late records may still arrive before the table says that they are missing."""
WARNING = 10.0


def die_with_parent() -> None:
    """A make that is killed outright takes its demo along, so that the next one finds the folder free (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def _fresca(state: StackState) -> Iterator[None]:
    """An empty stack before; its data, passwords and cluster gone after. The report and the logs stay."""

    def delete() -> None:
        Postgres(state.postgres).delete()
        shutil.rmtree(state.airflow, ignore_errors=True)
        shutil.rmtree(state.folder / "fhir", ignore_errors=True)
        for name in ("segredos.json", "portas.json", "processos.json"):
            (state.folder / name).unlink(missing_ok=True)

    clean(state)
    delete()
    shutil.rmtree(state.logs, ignore_errors=True)
    (state.folder / "report.json").unlink(missing_ok=True)
    state.create()
    try:
        yield
    finally:
        # The logs of the tasks explain a red verdict.
        if (state.airflow / "logs").exists():
            shutil.move(state.airflow / "logs", state.logs / "airflow")
        delete()


def run(state: StackState, say: Callable[[str], None], address: Callable[[StackState], str], ignore_signals: Callable[[], None]) -> int:
    """Returns the exit code: 0 when Fusion equals the sources, 1 when it does not, 130 when interrupted."""
    if not state.lock():
        print("a demo of this checkout is running already")
        return 1
    code = 1
    stack: Stack | None = None
    try:
        with _fresca(state):
            stack = Stack(state, say)
            try:
                stack.start_up(None)
                print(address(state), flush=True)
                report = _script(stack, say)
                (state.folder / "report.json").write_text(report.json() + "\n")
                print("\n" + report.texto(), flush=True)
                print(f"\nreport: {state.folder.name}/report.json   logs: {state.folder.name}/logs   the UI was at {state.url_ui}")
                code = 0 if report.ok else 1
            finally:
                ignore_signals()
                say("stopping")
                stack.stop(wait=6)
                say("stopped")
    except Stop:
        code = 130
    except Exception as error:
        say(f"failed: {error}")
    return code


def _script(stack: Stack, say: Callable[[str], None]) -> Report:
    state = stack.estado
    seconds, rate = float(os.environ.get("FUSION_DEMO_SEGUNDOS", "120")), os.environ.get("FUSION_TAXA", "1")
    _until(
        stack,
        lambda: airflow_api.missing_dags(state) == [],
        90,
        lambda: f"DAGs not loaded yet: {', '.join(airflow_api.missing_dags(state))}",
    )
    for dag_id in airflow_api.trigger_initial_loads(state):
        say(f"triggered {dag_id}")
    say("waiting until Fusion holds the sources' history")
    counts = _SyncCounts(stack, say)
    _until(stack, counts.is_empty, DRAIN, lambda: "the history is not delivered yet: going on")
    if float(rate) > 0:
        say(f"hospital at work: {rate} changes/s into each source for {seconds:.0f} s; watch it in the UI")
        simulator = stack.start_run(componentes.simulator(state, rate, seconds))
        _until(stack, lambda: counts.show() or simulator.poll() is not None, seconds + 60, lambda: "the simulator hangs")
    say("hospital closed; hourly push and six-hourly pull of FHIR run now; waiting until the queues are empty")
    scheduled = airflow_api.trigger(state, airflow_api.SCHEDULED_FHIR)
    _until(stack, lambda: airflow_api.have_ended(state, scheduled), DRAIN, lambda: "FHIR's runs go on; what is missing is in the table")
    _until(stack, counts.is_empty, DRAIN, lambda: "queues are not empty; what is stuck is in the table")
    urls = urls_of(state)
    report = build(urls)
    ran_out = _after(RECONCILE)
    while report.is_late and not ran_out():
        # A change that nobody has noticed yet is in no queue.
        stack.watch(_after(2))
        report = build(urls)
    return report


def _after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def _until(stack: Stack, ready: Callable[[], bool], lease: float, otherwise: Callable[[], str]) -> bool:
    """Watch over the children until ``ready`` or, after ``lease`` seconds, say what is missing."""
    ran_out = _after(lease)
    done = False

    def end() -> bool:
        nonlocal done
        done = ready()
        return done or ran_out()

    stack.watch(end)
    if not done:
        stack.say(otherwise())
    return done


class _SyncCounts:
    """Depth of the queues, shown every now and then; empty means empty for four seconds on end, after something has passed."""

    def __init__(self, stack: Stack, say: Callable[[str], None]) -> None:
        self._url = dsn(stack.estado, stack.pg_password, "fusion_integracao")
        self._say = say
        self._vista = 0.0
        self._empty_since: float | None = None

    def show(self) -> bool:
        """Print the depths when it is time to; always ``False``."""
        if time.monotonic() - self._vista >= WARNING:
            self._read()
        return False

    def _read(self) -> dict[str, int]:
        total: dict[str, int] = {}
        try:
            for _, _, _, status, n in depths(self._url):
                total[status] = total.get(status, 0) + n
        except psycopg2.Error:
            return {"pendente": -1}
        if time.monotonic() - self._vista >= WARNING:
            self._vista = time.monotonic()
            self._say("queues: " + (", ".join(f"{n} {s}" for s, n in sorted(total.items())) or "empty"))
        return total

    def is_empty(self) -> bool:
        total = self._read()
        if not total or total.get("pendente") or total.get("reservado"):
            self._empty_since = None
            return False
        self._empty_since = self._empty_since or time.monotonic()
        return time.monotonic() - self._empty_since >= 4

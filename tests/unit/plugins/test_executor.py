"""The executor's end: what runs on does not hold the scheduler's restart."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from fusion_airflow import executor as module
from fusion_airflow.executor import ExecutorLocal


def persist(ready: multiprocessing.synchronize.Event) -> None:
    """A task that takes no hint."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready.set()
    time.sleep(600)


def take_long(ready: multiprocessing.synchronize.Event) -> None:
    ready.set()
    time.sleep(600)


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutorLocal]:
    monkeypatch.setattr(module, "WAIT", 0.3)
    monkeypatch.setattr(module, "SIGNAL_WAIT", 0.3)
    done = ExecutorLocal(parallelism=2)
    done.start()
    yield done
    for worker in done.workers.values():
        assert closed(worker)


def closed(worker: multiprocessing.Process) -> bool:
    """Whether its parent has let go of it: it is asked nothing more."""
    try:
        worker.is_alive()
    except ValueError:
        return True
    return False


def com(executor: ExecutorLocal, task: Callable[..., None]) -> multiprocessing.Process:
    """One more worker, at work on ``task``."""
    ready = multiprocessing.Event()
    worker = multiprocessing.Process(target=task, args=(ready,))
    worker.start()
    assert worker.pid and ready.wait(30)
    executor.workers[worker.pid] = worker
    return worker


@pytest.mark.parametrize("task", [take_long, persist])
def test_a_task_that_runs_on_does_not_hold_the_end(executor: ExecutorLocal, task: Callable[..., None]) -> None:
    worker = com(executor, task)
    executor.end()
    assert closed(worker)


def test_idle_workers_leave_without_a_signal(executor: ExecutorLocal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT", 60)
    monkeypatch.setattr(multiprocessing.Process, "terminate", lambda _: pytest.fail("a signal"))
    executor.end()

"""The executor's end: what runs on does not hold the scheduler's restart."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from fusion_airflow import executor as modulo
from fusion_airflow.executor import ExecutorLocal


def teimar(pronto: multiprocessing.synchronize.Event) -> None:
    """A task that takes no hint."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pronto.set()
    time.sleep(600)


def demorar(pronto: multiprocessing.synchronize.Event) -> None:
    pronto.set()
    time.sleep(600)


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutorLocal]:
    monkeypatch.setattr(modulo, "ESPERA", 0.3)
    monkeypatch.setattr(modulo, "ESPERA_SINAL", 0.3)
    feito = ExecutorLocal(parallelism=2)
    feito.start()
    yield feito
    for worker in feito.workers.values():
        assert worker._closed


def com(executor: ExecutorLocal, tarefa: Callable[..., None]) -> multiprocessing.Process:
    """One more worker, at work on ``tarefa``."""
    pronto = multiprocessing.Event()
    worker = multiprocessing.Process(target=tarefa, args=(pronto,))
    worker.start()
    assert worker.pid and pronto.wait(30)
    executor.workers[worker.pid] = worker
    return worker


@pytest.mark.parametrize("tarefa", [demorar, teimar])
def test_a_task_that_runs_on_does_not_hold_the_end(executor: ExecutorLocal, tarefa: Callable[..., None]) -> None:
    worker = com(executor, tarefa)
    executor.end()
    assert worker._closed


def test_idle_workers_leave_without_a_signal(executor: ExecutorLocal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modulo, "ESPERA", 60)
    monkeypatch.setattr(multiprocessing.Process, "terminate", lambda _: pytest.fail("a signal"))
    executor.end()

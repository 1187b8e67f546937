"""Executor of the scheduler: Airflow's LocalExecutor, except that its end is bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing import Process

from airflow.executors.local_executor import LocalExecutor

ESPERA = 20.0
"""Seconds that tasks get to end by themselves."""
ESPERA_SINAL = 15.0
"""Seconds that they get after a SIGTERM, which each worker hands on to its task."""


class ExecutorLocal(LocalExecutor):
    """A scheduler that lost Airflow's database ends, and is started again; LocalExecutor first waits for every running task.

    Deliveries stay on duty while there is traffic, and an initial load runs for hours: for so long nothing else would be scheduled.
    What is cut off here is tried again, and its rows come back.
    """

    def end(self) -> None:
        """Workers without a task leave at once, the others after ``ESPERA`` or by a signal; then the end as Airflow has it."""
        for _ in self._vivos():
            self.activity_queue.put(None)
        for espera, encerrar in ((ESPERA, Process.terminate), (ESPERA_SINAL, Process.kill)):
            self._apressar(espera, encerrar)
        super().end()

    def _apressar(self, espera: float, encerrar: Callable[[Process], None]) -> None:
        limite = time.monotonic() + espera
        for worker in self._vivos():
            worker.join(max(0.0, limite - time.monotonic()))
        vivos = self._vivos()
        if vivos:
            self.log.warning("%d tasks still run %.0f s later: %s", len(vivos), espera, encerrar.__name__)
        for worker in vivos:
            encerrar(worker)

    def _vivos(self) -> list[Process]:
        return [worker for worker in self.workers.values() if worker.is_alive()]

"""Executor of the scheduler: Airflow's LocalExecutor, except that its end is bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing import Process

from airflow.executors.local_executor import LocalExecutor

WAIT = 20.0
"""Seconds that tasks get to end by themselves."""
SIGNAL_WAIT = 15.0
"""Seconds that they get after a SIGTERM, which each worker hands on to its task."""


class ExecutorLocal(LocalExecutor):
    """A scheduler that lost Airflow's database ends, and is started again; LocalExecutor first waits for every running task.

    Deliveries stay on duty while there is traffic, and an initial load runs for hours: for so long nothing else would be scheduled.
    What is cut off here is tried again, and its rows come back.
    """

    def end(self) -> None:
        """Workers without a task leave at once, the others after ``WAIT`` or by a signal; then the end as Airflow has it."""
        for _ in self._living():
            self.activity_queue.put(None)
        for wait, end_process in ((WAIT, Process.terminate), (SIGNAL_WAIT, Process.kill)):
            self._hurry(wait, end_process)
        super().end()

    def _hurry(self, wait: float, end_process: Callable[[Process], None]) -> None:
        limit = time.monotonic() + wait
        for worker in self._living():
            worker.join(max(0.0, limit - time.monotonic()))
        living = self._living()
        if living:
            self.log.warning("%d tasks still run %.0f s later: %s", len(living), wait, end_process.__name__)
        for worker in living:
            end_process(worker)

    def _living(self) -> list[Process]:
        return [worker for worker in self.workers.values() if worker.is_alive()]

"""Executor of the scheduler: Airflow's LocalExecutor with a limited time to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing import Process

from airflow.executors.local_executor import LocalExecutor

WAIT = 20.0
"""Seconds for tasks to end by themselves."""
SIGNAL_WAIT = 15.0
"""Seconds after a SIGTERM; each worker passes it to its task."""


class ExecutorLocal(LocalExecutor):
    """A scheduler that lost Airflow's database ends and is started again; LocalExecutor would first wait for every running task.

    An initial load runs for hours, and nothing else would be scheduled meanwhile. A task that is ended here is tried again, and its
    rows come back.
    """

    def end(self) -> None:
        """Idle workers end at once, the others after ``WAIT`` or by a signal; then Airflow's own end."""
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

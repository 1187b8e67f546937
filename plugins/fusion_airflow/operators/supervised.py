"""A task never outlives its supervisor."""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_supervisor() -> None:
    """Ask Linux to kill this process when the one that supervises it ends, however it ends.

    Airflow starts the task again then. An orphan would go on sending beside the new try, with what it read long ago. Tasks that run in
    their supervisor's own process (``dag.test``) are left alone.
    """
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import CommsDecoder

    if sys.platform == "linux" and type(getattr(task_runner, "SUPERVISOR_COMMS", None)) is CommsDecoder:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

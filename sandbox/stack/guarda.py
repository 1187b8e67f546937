"""Last resort: outlives a supervisor that was killed outright and ends what it could not.

The kernel tells each component that its parent died (see :mod:`sandbox.processos`), and the component then stops its own children in
good order; a task in the middle of a long step would still hold them up. This process notices the death by the end of its standard
input, waits a little, then ends whoever is left.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from sandbox.stack.estado import StackState
from sandbox.stack.filhos import end_process

WAIT = 12.0
"""Seconds that components get to stop by themselves."""


def main(folder: str) -> None:
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sinal, signal.SIG_IGN)
    sys.stdin.buffer.read()
    state = StackState(Path(folder))
    data = state.processos
    if data:
        end_process(data.get("filhos", {}), state.secrets["marca"], wait=WAIT)


if __name__ == "__main__":
    main(sys.argv[1])

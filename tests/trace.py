"""``python -m tests.trace [system]``: which rooms of the engine one changed attendance passes, in the order in which it enters them.

It runs on a PostgreSQL and a sandbox Fusion of its own. The history is delivered first, so that imports and caches are no part of the trace.
A room is a folder of ``include/fusion``; a system's folder is a room, too. Only calls of functions count: importing a module enters nothing.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from include.fusion.change.watch_plan import Watch
from include.fusion.change.watcher import states
from include.fusion.settings import obtain
from include.fusion.wiring.watch import watch_plan
from sandbox.postgres import Postgres
from tests import ROOT
from tests.harness import Harness

ENGINE = ROOT / "include" / "fusion"
ROOMS_MAX = 12
"""Rooms that one change may enter at most."""


class Trace:
    """Rooms in the order entered: name → (step that entered it first, its files that ran)."""

    def __init__(self) -> None:
        self.rooms: dict[str, tuple[str, set[str]]] = {}

    def during(self, step: str, work: Callable[[], Any]) -> Any:
        """The result of ``work``, whose calls are noted, those of other threads included."""

        def note(frame: Any, event: str, _: Any) -> None:
            if event == "call" and frame.f_code.co_name != "<module>":
                self._note(step, frame.f_code.co_filename)

        threading.setprofile(note)
        sys.setprofile(note)
        try:
            return work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _note(self, step: str, file: str) -> None:
        if file.startswith(f"{ENGINE}/"):
            path = file[len(f"{ENGINE}/") :]
            self.rooms.setdefault(room_of(path), (step, set()))[1].add(path)

    def __str__(self) -> str:
        rows = [f"{n:>3}  {room:<22}{len(files):>6}   {step}" for n, (room, (step, files)) in enumerate(self.rooms.items(), 1)]
        files = sum(len(files) for _, files in self.rooms.values())
        return "\n".join([f"{'':>3}  {'room':<22}{'files':>6}   entered by", *rows, f"{len(rows)} rooms, {files} files"])


def room_of(path: str) -> str:
    """The room of a file, named below ``include/fusion``: ``store/filas/fila.py`` is in ``store``, ``errors.py`` a room of its own."""
    first, *rest = path.removesuffix(".py").split("/")
    return "/".join((first, *rest[: first == "sistemas"]))


def trace(harness: Harness) -> Trace:
    """One change at the harness's source, from the watcher to Fusion. :raises RuntimeError: it did not arrive."""
    while harness.load():
        harness.deliver()
    seen = Trace()
    plan = seen.during("DAG file: watch plan", lambda: watch_plan(obtain(harness.integracao)))
    harness.change()
    watch = Watch(plan, harness._engine, lambda *_: harness.client())
    engine = harness.runtime.fusion
    reason = seen.during("watcher", lambda: watch.reason(states(engine, [watch.target])[watch.target]))
    watch.close()
    harness.runtime = seen.during("task start", harness.build)
    queued = seen.during("search", harness.load)
    result = seen.during("delivery", harness.deliver)
    if not (reason and queued and result.enviados):
        raise RuntimeError(f"the change did not arrive: reason {reason}, {queued} queued, {result.digest()}")
    return seen


def main(system: str = "consulfarma") -> int:
    """0, or 1 where the change enters too many rooms."""
    with tempfile.TemporaryDirectory(prefix="fusion-trace-") as folder:
        postgres = Postgres(Path(folder) / "postgres").start_run()
        try:
            harness = Harness(postgres, Path(folder), system, 20)
            try:
                seen = trace(harness)
            finally:
                harness.close()
        finally:
            postgres.delete()
    print(f"one changed attendance of {system}\n{seen}")
    return int(len(seen.rooms) > ROOMS_MAX)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

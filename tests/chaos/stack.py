"""The stack under chaos: short leases and waits, everything of the end-to-end tests' besides, and faults that go on beside others."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil

from tests.e2e.hub import AIRFLOW, DELIVERY, INITIAL_RUNS, Hub

LEASE = 10
"""Seconds of a lease: the shortest that settings take, so that a worker can be stopped beyond it many times an hour."""


class ChaosHub(Hub):
    """A stack that takes many faults; ``background`` are those that end by themselves, in threads of their own."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.background: list[threading.Thread] = []
        self.killed_at: dict[str, float] = {}

    @classmethod
    def over(cls, hub: Hub, rng: random.Random) -> ChaosHub:
        """The same stack as ``hub``'s, with what faults need."""
        new = cls.__new__(cls)
        vars(new).update(vars(hub), rng=rng, background=[], killed_at={})
        return new

    def adjust(self, entry: dict[str, Any], lasts: str) -> None:
        super().adjust(entry, lasts)
        entry[lasts]["prazo_reserva"] = LEASE
        # A restore may cancel many records, and nobody is there to say yes; both looks of a comparison come soon after each other.
        entry["conciliacao"] = {"minimo_cancelamentos": 100_000, "assentar": 3}

    def fill(self) -> None:
        """Open, and bring the whole history to Fusion."""
        self.open()
        for dag in INITIAL_RUNS:
            self.run_task(dag)
        self.quiet()

    def later(self, do: Callable[[], None]) -> None:
        """Do something beside the other faults; ``finish_background`` waits for it."""
        thread = threading.Thread(target=do, daemon=True)
        self.background.append(thread)
        thread.start()

    def finish_background(self) -> None:
        while any(thread.is_alive() for thread in self.background):
            self.let_be(0.5)
        self.background.clear()

    def may_kill(self, name: str, pause: float = 25.0) -> bool:
        """Whether this component was left alone for ``pause`` seconds: an init system gives up on what dies all the time."""
        if time.monotonic() - self.killed_at.get(name, -pause) < pause:
            return False
        self.killed_at[name] = time.monotonic()
        return True

    def delivering(self) -> tuple[str, psutil.Process] | None:
        """Some integration that delivers attendances now, and the process of its task."""
        for system in self.rng.sample(sorted(DELIVERY), len(DELIVERY)):
            with suppress(psutil.Error):
                if (process := self.process_of(system, DELIVERY[system])) is not None:
                    return system, process
        return None

    def backends(self, database: str) -> list[int]:
        """Process ids of the hub's sessions in a database."""
        sessions = (
            "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name ~ %s"
        )
        names = f"^({'|'.join((*DELIVERY, 'trackcare', 'skymed', 'fusion_service', 'vigia', 'fusion'))})"
        return [int(row["pid"]) for row in self.sql(database, sessions, names)]

    def restart_airflow_empty(self) -> None:
        """Airflow loses its metadata. What it had said is of no interest here."""
        self.recreate_airflow()
        self.said.clear()
        self.killed_at |= dict.fromkeys(AIRFLOW, time.monotonic())

"""Faults that take a database back in time: a dump is taken, the hospital works on, and the dump is restored."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2

from tests.backup import Backup
from tests.chaos.kinds import EVERYBODY, QUEUES, Kind
from tests.chaos.stack import ChaosHub
from tests.e2e.hub import SYSTEMS

LIMIT = 60.0
"""Seconds of tries to restore: whoever works in the tables meanwhile may be in the way, and is sent away each time."""


@dataclass(frozen=True)
class Restore:
    """``databases`` of the stack, of a round's own choice."""

    name: str
    databases: Callable[[ChaosHub], list[str]]
    share: int = 3


RESTORES = (
    Restore("hub's database restored", lambda _: [QUEUES]),
    Restore("source restored", lambda hub: [hub.rng.choice([*SYSTEMS, "trackcare"])]),
    Restore("Fusion restored", lambda _: ["fusion"]),
    Restore("source and hub restored", lambda hub: [hub.rng.choice(SYSTEMS), QUEUES], 2),
)


class Dumps:
    """Dumps of one restore, taken when it is made."""

    def __init__(self, hub: ChaosHub, restore: Restore) -> None:
        self.name = restore.name
        self._hub = hub
        self._dumps = {database: Backup(hub.url(database)) for database in restore.databases(hub)}

    @property
    def of_hub(self) -> bool:
        """The ledger is old, so what was sent since the dump is said again."""
        return QUEUES in self._dumps

    def kind(self) -> Kind:
        """The restore as a fault."""
        return Kind(self.name, lambda _: self.restore(), settles=True, back=set(self._dumps) - {QUEUES, "fusion"} != set())

    def restore(self) -> str:
        """All of them, one after another; whom it concerned."""
        for database, dump in self._dumps.items():
            limit = time.monotonic() + LIMIT
            while True:
                self._hub.sql(database, "select pg_terminate_backend(pid) from pg_stat_activity"
                              " where datname = current_database() and pid <> pg_backend_pid()")  # fmt: skip
                try:
                    dump.restore()
                    break
                except psycopg2.Error:
                    if time.monotonic() > limit:
                        raise
                    time.sleep(0.5)
        sources = [database for database in self._dumps if database in SYSTEMS]
        return sources[0] if sources and not self.of_hub else EVERYBODY

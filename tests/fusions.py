"""Sandbox Fusions of the tests: a process takes a second to start, so one that runs is left, emptied, to the next test."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from sandbox.fusion.servidor import FusionServer
from sandbox.postgres import Postgres
from tests.databases import FUSION, empty, give_back, take

_idle: defaultdict[int, list[LentFusion]] = defaultdict(list)
"""Port of the PostgreSQL server → Fusions that wait for the next test."""


class LentFusion(FusionServer):
    """A Fusion on a database of its own, ``database``; it runs when somebody has started it."""

    def __init__(self, database: str, dsn: str, folder: Path) -> None:
        super().__init__(dsn, folder)
        self.database = database
        self._late = False

    def falhas(self, **failures: Any) -> dict[str, Any]:
        # A delayed request may be served when its caller, and its test, are long gone.
        self._late |= bool(failures.get("atraso_ms"))
        return super().falhas(**failures)

    @property
    def may_stay(self) -> bool:
        """Whether nothing of its test will come after it."""
        return self.pid is not None and not self._late


def take_fusion(postgres: Postgres, folder: Path) -> LentFusion:
    """One that nobody else uses until :func:`give_fusion_back`; a new one has its files below ``folder``."""
    if idle := _idle[postgres.port]:
        return idle.pop()
    database = take(postgres, FUSION)
    return LentFusion(database, postgres.dsn(database), folder / database)


def give_fusion_back(postgres: Postgres, server: LentFusion) -> None:
    if server.may_stay and empty(postgres, FUSION, server.database):
        server.clear_faults()
        _idle[postgres.port].append(server)
    else:
        server.stop()
        give_back(postgres, FUSION, server.database)


def stop_all(postgres: Postgres) -> None:
    """At the end of the session."""
    while idle := _idle[postgres.port]:
        idle.pop().stop()

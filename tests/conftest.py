"""Real servers for every test: one embedded PostgreSQL for the session, one database for a test."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine
from xdist.scheduler import LoadScopeScheduling

from sandbox.postgres import Postgres
from tests import SETTINGS

# The cores are shared with servers and other tests: how long one example takes says nothing.
settings.register_profile("fusion", deadline=None)
settings.load_profile("fusion")


assert os.environ["FUSION_SETTINGS"] == str(SETTINGS)

E2E = "tests/e2e/"
QUEBRAM = ("bad_input", "clear", "fusion_down", "kills", "metadata", "z_privacy")
"""End-to-end tests that break things, and the one that reads all logs after them."""


class _PerStack(LoadScopeScheduling):
    """The end-to-end tests in two processes with a stack each, which mostly wait; the other tests, a file at a time, in the third.

    More stacks are too much for two cores. Marks would say the same, but pytest-xdist 3.8 loses its groups under pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        if not file.startswith(E2E):
            return file
        return "e2e, broken" if file.split("/test_")[1].split(".py")[0] in QUEBRAM else "e2e"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return _PerStack(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: the two groups of end-to-end tests, then what starts servers, then the rest."""
    items.sort(key=lambda item: next((i for i, started in enumerate((E2E, "tests/integration/")) if item.nodeid.startswith(started)), 2))
    for item in items:
        if item.nodeid.startswith(E2E):
            # Room for several waits that each end with a message of their own.
            item.add_marker(pytest.mark.timeout(1500))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which standard cases a system cannot have, and why (``tests/conformance``)."""
    reports = (report for kind in ("passed", "failed", "error") for report in terminalreporter.stats.get(kind, ()))
    told = {(name, text) for r in reports for name, text in getattr(r, "user_properties", ()) if name.startswith("does not apply")}
    if told:
        terminalreporter.section("standard cases that do not apply")
        for name, text in sorted(told):
            terminalreporter.write_line(f"{name}: {text}")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(Path(tmp_path_factory.mktemp("pg")) / "servidor").start_run()
    yield server
    server.delete()


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    name = f"t_{secrets.token_hex(6)}"
    yield postgres.create_database(name)
    con = psycopg2.connect(postgres.dsn("postgres"))
    con.autocommit = True
    con.cursor().execute(f'drop database "{name}" with (force)')
    con.close()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg2://", 1))
    yield engine
    engine.dispose()

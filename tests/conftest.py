"""Real servers for every test: one embedded PostgreSQL for the session, one database for a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine
from xdist.scheduler import LoadScopeScheduling

from sandbox.postgres import Postgres
from tests import SETTINGS
from tests.databases import INTEGRATION, PLATFORM, drop, lent, new_name
from tests.fusions import stop_all

# The cores are shared with servers and other tests: how long one example takes says nothing.
settings.register_profile("fusion", deadline=None)
settings.load_profile("fusion")


assert os.environ["FUSION_SETTINGS"] == str(SETTINGS)

THROWN_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""The tests' server has nothing to keep when the machine loses power; the end-to-end tests' stack, which is crashed, keeps its own."""
E2E = "tests/e2e/"
API = tuple(
    f"tests/integration/plugins/{name}.py"
    for name in ("fhir_api/test_operations", "fhir_api/test_page", "fhir_api/test_routes", "fhir_api/test_webhook", "operators/test_fhir_metrics",
                 "operators/test_hl7")
)  # fmt: skip
"""Tests that share one Airflow API server, which takes half a minute to start."""
QUEBRAM = ("a_chaos", "bad_input", "clear", "fusion_down", "kills", "metadata", "z_privacy")
"""End-to-end tests that break things, and the one that reads all logs after them."""


class _PerStack(LoadScopeScheduling):
    """The end-to-end tests in two processes with a stack each, which mostly wait; the other tests, a file at a time, in the third.

    More stacks are too much for two cores. Marks would say the same, but pytest-xdist 3.8 loses its groups under pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        if file in API:
            return "api"
        if not file.startswith(E2E):
            return file
        return "e2e, broken" if file.split("/test_")[1].split(".py")[0] in QUEBRAM else "e2e"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return _PerStack(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first, so that no process is left with one at the end: end-to-end tests, those of the API server, standard cases, and so on."""
    order: tuple[str | tuple[str, ...], ...] = (
        E2E,
        API,
        "tests/integration/plugins/fhir_api/",
        "tests/conformance/",
        "tests/integration/",
        "tests/dags/",
    )
    items.sort(key=lambda item: next((i for i, started in enumerate(order) if item.nodeid.startswith(started)), len(order)))
    for item in items:
        if config.pluginmanager.hasplugin("rerunfailures") and not item.nodeid.startswith("tests/unit/"):
            # They wait for servers on a machine that others may keep busy. What a second try had to save is told at the end.
            item.add_marker(pytest.mark.flaky(reruns=1))
        if item.nodeid.startswith(E2E):
            # Room for several waits that each end with a message of their own.
            item.add_marker(pytest.mark.timeout(1500))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what failed at its first try, and which standard cases a system cannot have and why (``tests/conformance``)."""
    if tried_again := terminalreporter.stats.get("rerun", ()):
        terminalreporter.section("failed at the first try: a busy machine, or a fault that comes and goes")
        for report in tried_again:
            terminalreporter.write_line(report.nodeid, bold=True)
            terminalreporter.write_line(report.longreprtext)
    reports = (report for kind in ("passed", "failed", "error") for report in terminalreporter.stats.get(kind, ()))
    told = {(name, text) for r in reports for name, text in getattr(r, "user_properties", ()) if name.startswith("does not apply")}
    if told:
        terminalreporter.section("standard cases that do not apply")
        for name, text in sorted(told):
            terminalreporter.write_line(f"{name}: {text}")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(Path(tmp_path_factory.mktemp("pg")) / "servidor", settings=THROWN_AWAY).start_run()
    yield server
    stop_all(server)
    server.delete()


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """An empty database; its URL."""
    name = new_name("empty")
    yield postgres.create_database(name)
    drop(postgres, name)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """On an empty database."""
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg2://", 1))
    yield engine
    engine.dispose()


@pytest.fixture
def integration(postgres: Postgres) -> Iterator[str]:
    """An integration database as migrations leave it; its URL."""
    with lent(postgres, INTEGRATION) as dsn:
        yield dsn


@pytest.fixture
def migrated(integration: str) -> Iterator[Engine]:
    """On an integration database as migrations leave it."""
    engine = create_engine(integration.replace("postgresql://", "postgresql+psycopg2://", 1))
    yield engine
    engine.dispose()


@pytest.fixture
def platform(postgres: Postgres) -> Iterator[str]:
    """The platform's database as migrations leave it; its URL."""
    with lent(postgres, PLATFORM) as dsn:
        yield dsn

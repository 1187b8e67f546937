"""``make test-oracle``: OracleHook, python-oracledb and the wire protocol against ``ORACLE_TEST_DSN``, or a TNS stand-in without it.

Left out of ``make test``: what the stand-in needs comes from Debian's packages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from fusion_airflow.hooks.engines import engine_for
from sandbox.oracle.servidor import TnsServer
from tests.oracle.helpers import HABILITADOS, Server, Tables

collect_ignore_glob = [] if HABILITADOS else ["test_*"]
DSN = os.environ.get("ORACLE_TEST_DSN", "")
ACCOUNTS = ("FUSION_HUB", "FUSION_LEITURA", "FUSION_INTEGRACAO", "DBAMV", "TASY")
"""Of the stand-in. The first owns the hub's tables; the journals of MV have an owner of their own, since one has the queue's name."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not HABILITADOS:
        terminalreporter.write_line("tests/oracle was not run: make test-oracle does")
    elif DSN:
        terminalreporter.write_line("tests/oracle ran against the server that ORACLE_TEST_DSN names")
    else:
        terminalreporter.write_line("tests/oracle ran against seerdb-mirror, a preview that imitates Oracle: no proof of Oracle itself")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if DSN:
        yield Server.de_dsn(DSN, imitated=False)
        return
    tns = TnsServer(dict.fromkeys(ACCOUNTS, "senha-do-teste"))
    try:
        yield Server.de_dsn(tns.start_run().dsn(ACCOUNTS[0]), imitated=True)
    finally:
        tns.delete()


@pytest.fixture(scope="session")
def engine(server: Server) -> Iterator[Engine]:
    """One engine for the session, opened as the operators open theirs."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AIRFLOW_CONN_ORACLE_TESTE", server.connection())
        engine = engine_for("oracle_teste", application="mv.abertura", time_limit=60)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def tables(engine: Engine, server: Server) -> Iterator[Tables]:
    created = Tables(engine, server)
    yield created
    created.delete()

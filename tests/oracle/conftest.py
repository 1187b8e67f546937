"""``make test-oracle``: OracleHook, python-oracledb and the wire protocol against ``ORACLE_TEST_DSN``, or a TNS stand-in without it.

Left out of ``make test``: what the stand-in needs comes from Debian's packages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from fusion_airflow.hooks.engines import engine_de
from sandbox.oracle.servidor import ServidorTNS
from tests.oracle.apoio import HABILITADOS, Servidor, Tabelas

collect_ignore_glob = [] if HABILITADOS else ["test_*"]
DSN = os.environ.get("ORACLE_TEST_DSN", "")
CONTAS = ("FUSION_HUB", "FUSION_LEITURA", "FUSION_INTEGRACAO", "DBAMV", "TASY")
"""Of the stand-in. The first owns the hub's tables; the journals of MV have an owner of their own, since one has the queue's name."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not HABILITADOS:
        terminalreporter.write_line("tests/oracle was not run: make test-oracle does")
    elif DSN:
        terminalreporter.write_line("tests/oracle ran against the server that ORACLE_TEST_DSN names")
    else:
        terminalreporter.write_line("tests/oracle ran against seerdb-mirror, a preview that imitates Oracle: no proof of Oracle itself")


@pytest.fixture(scope="session")
def servidor() -> Iterator[Servidor]:
    if DSN:
        yield Servidor.de_dsn(DSN, imitado=False)
        return
    tns = ServidorTNS(dict.fromkeys(CONTAS, "senha-do-teste"))
    try:
        yield Servidor.de_dsn(tns.iniciar().dsn(CONTAS[0]), imitado=True)
    finally:
        tns.apagar()


@pytest.fixture(scope="session")
def motor(servidor: Servidor) -> Iterator[Engine]:
    """One engine for the session, opened as the operators open theirs."""
    with pytest.MonkeyPatch.context() as ambiente:
        ambiente.setenv("AIRFLOW_CONN_ORACLE_TESTE", servidor.conexao())
        engine = engine_de("oracle_teste", aplicacao="mv.abertura", tempo_limite=60)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def tabelas(motor: Engine, servidor: Servidor) -> Iterator[Tabelas]:
    criadas = Tabelas(motor, servidor)
    yield criadas
    criadas.apagar()

"""What the tests of HL7 over sockets share: one listener for a module, its table empty and without faults for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from sandbox.fusion.servidor import FusionServer
from sandbox.mllp.servidor import MllpServer
from sandbox.postgres import Postgres
from tests.databases import run_sql


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> str:
    return postgres.create_database(f"t_hl7_{secrets.token_hex(4)}")


@pytest.fixture(scope="module")
def listener(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MllpServer]:
    ready = MllpServer(dsn, tmp_path_factory.mktemp("mllp")).start_run()
    yield ready
    ready.stop()


@pytest.fixture
def mllp(listener: MllpServer, dsn: str) -> MllpServer:
    listener.start_run().falhas()
    run_sql(dsn, "truncate mensagem_hl7")
    return listener


@pytest.fixture(scope="module")
def dsn_fusion(postgres: Postgres) -> str:
    return postgres.create_database(f"t_hl7_http_{secrets.token_hex(4)}")


@pytest.fixture(scope="module")
def fusion(dsn_fusion: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusionServer]:
    """A sandbox Fusion, for HL7 over HTTP."""
    ready = FusionServer(dsn_fusion, tmp_path_factory.mktemp("fusion")).start_run()
    yield ready
    ready.stop()

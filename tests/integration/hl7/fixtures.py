"""What the tests of HL7 over sockets share: one listener for a module, its table empty and without faults for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from sandbox.fusion.servidor import FusionServer
from sandbox.mllp.servidor import MllpServer
from sandbox.postgres import Postgres
from tests.integration.hl7.helpers import sql


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> str:
    return postgres.create_database(f"t_hl7_{secrets.token_hex(4)}")


@pytest.fixture(scope="module")
def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MllpServer]:
    ready = MllpServer(dsn, tmp_path_factory.mktemp("mllp")).start_run()
    yield ready
    ready.stop()


@pytest.fixture
def mllp(server: MllpServer, dsn: str) -> MllpServer:
    server.start_run().falhas()
    sql(dsn, "truncate mensagem_hl7")
    return server


@pytest.fixture(scope="module")
def dsn_fusion(postgres: Postgres) -> str:
    return postgres.create_database(f"t_hl7_http_{secrets.token_hex(4)}")


@pytest.fixture(scope="module")
def fusion(dsn_fusion: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusionServer]:
    """A sandbox Fusion, for HL7 over HTTP."""
    ready = FusionServer(dsn_fusion, tmp_path_factory.mktemp("fusion")).start_run()
    yield ready
    ready.stop()

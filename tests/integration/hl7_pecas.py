"""What the tests of HL7 over sockets share: one listener for a module, its table empty and without faults for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from sandbox.fusion.servidor import ServidorFusion
from sandbox.mllp.servidor import ServidorMllp
from sandbox.postgres import Postgres
from tests.integration.hl7_envio_apoio import sql


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> str:
    return postgres.criar_banco(f"t_hl7_{secrets.token_hex(4)}")


@pytest.fixture(scope="module")
def servidor(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorMllp]:
    pronto = ServidorMllp(dsn, tmp_path_factory.mktemp("mllp")).iniciar()
    yield pronto
    pronto.parar()


@pytest.fixture
def mllp(servidor: ServidorMllp, dsn: str) -> ServidorMllp:
    servidor.iniciar().falhas()
    sql(dsn, "truncate mensagem_hl7")
    return servidor


@pytest.fixture(scope="module")
def dsn_fusion(postgres: Postgres) -> str:
    return postgres.criar_banco(f"t_hl7_http_{secrets.token_hex(4)}")


@pytest.fixture(scope="module")
def fusion(dsn_fusion: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorFusion]:
    """A sandbox Fusion, for HL7 over HTTP."""
    pronto = ServidorFusion(dsn_fusion, tmp_path_factory.mktemp("fusion")).iniciar()
    yield pronto
    pronto.parar()

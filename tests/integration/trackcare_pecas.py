"""What the TrackCare tests share: one history, kept once with ISO dates and once with $HOROLOG integers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from sandbox.origens import trackcare as origem
from sandbox.postgres import Postgres
from tests.integration.trackcare_apoio import QUANTOS, Casa


@pytest.fixture(scope="module")
def dsns(postgres: Postgres) -> dict[bool, str]:
    feitos = {}
    for horolog in (False, True):
        feitos[horolog] = postgres.criar_banco(f"t_trackcare_{secrets.token_hex(4)}")
        origem.criar(feitos[horolog], horolog=horolog)
        origem.gerar(feitos[horolog], QUANTOS, 7)
    return feitos


@pytest.fixture(scope="module")
def casas(dsns: dict[bool, str]) -> Iterator[dict[bool, Casa]]:
    abertas = {horolog: Casa(dsn) for horolog, dsn in dsns.items()}
    yield abertas
    for casa in abertas.values():
        casa.fechar()


@pytest.fixture
def casa(dsns: dict[bool, str], request: pytest.FixtureRequest) -> Iterator[Casa]:
    """With dates as ISO, or as the test's parameter says."""
    aberta = Casa(dsns[getattr(request, "param", False)])
    yield aberta
    aberta.fechar()

"""What the TrackCare tests share: one history, kept once with ISO dates and once with $HOROLOG integers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from sandbox.origens import trackcare as origin
from sandbox.postgres import Postgres
from tests.integration.sistemas.trackcare.helpers import COUNT, Home


@pytest.fixture(scope="module")
def dsns(postgres: Postgres) -> dict[bool, str]:
    done = {}
    for horolog in (False, True):
        done[horolog] = postgres.create_database(f"t_trackcare_{secrets.token_hex(4)}")
        origin.create(done[horolog], horolog=horolog)
        origin.generate(done[horolog], COUNT, 7)
    return done


@pytest.fixture(scope="module")
def decimals(dsns: dict[bool, str]) -> Iterator[dict[bool, Home]]:
    open_rows = {horolog: Home(dsn) for horolog, dsn in dsns.items()}
    yield open_rows
    for home in open_rows.values():
        home.close()


@pytest.fixture
def home(dsns: dict[bool, str], request: pytest.FixtureRequest) -> Iterator[Home]:
    """With dates as ISO, or as the test's parameter says."""
    open_column = Home(dsns[getattr(request, "param", False)])
    yield open_column
    open_column.close()

"""What the TrackCare tests share: one history, kept once with ISO dates and once with $HOROLOG integers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.postgres import Postgres
from tests.databases import source_database
from tests.integration.sistemas.trackcare.helpers import COUNT, Home


@pytest.fixture(scope="module")
def dsns(postgres: Postgres) -> dict[bool, str]:
    return {horolog: postgres.dsn(source_database(postgres, "trackcare", COUNT, horolog=horolog)) for horolog in (False, True)}


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

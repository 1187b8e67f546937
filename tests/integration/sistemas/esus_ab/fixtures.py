"""What the e-SUS tests share: a small PEC of each version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.postgres import Postgres
from tests.integration.sistemas.esus_ab.helpers import Pec, open_source


@pytest.fixture(scope="module", params=["nova", "antiga"])
def pec(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Pec]:
    """Both versions of the schema, one after the other."""
    yield from open_source(postgres, request.param)


@pytest.fixture(scope="module")
def new_pec(postgres: Postgres) -> Iterator[Pec]:
    yield from open_source(postgres, "nova")

"""What several integration tests share: one Airflow API server, which takes long to start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.postgres import Postgres
from tests.integration.plugins.fhir_api import helpers


@pytest.fixture(scope="session")
def world(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with helpers.open_api(postgres, tmp_path_factory.mktemp("api")) as done:
        yield done


@pytest.fixture
def config(world: Any) -> dict[str, Any]:
    """Tenant a's configuration, stored."""
    return helpers.configure(world)

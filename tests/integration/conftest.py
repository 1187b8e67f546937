"""What several integration tests share: one Airflow API server, which takes long to start, and a FHIR server for a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.fhir.servidor import FhirServer
from sandbox.postgres import Postgres
from tests.integration.fhir.harness import EXTERNAL
from tests.integration.plugins.fhir_api import helpers


@pytest.fixture(scope="session")
def world(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with helpers.open_api(postgres, tmp_path_factory.mktemp("api")) as done:
        yield done


@pytest.fixture
def config(world: Any) -> dict[str, Any]:
    """Tenant a's configuration, stored."""
    helpers.begin_anew(world)
    return helpers.configure(world)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer | None]:
    """The sandbox's FHIR server; ``None`` where FHIR_TEST_URL names an external one."""
    if EXTERNAL:
        yield None
        return
    done = FhirServer(tmp_path_factory.mktemp("fhir")).start_run()
    yield done
    done.stop()

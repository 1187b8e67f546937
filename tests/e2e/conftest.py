"""One real stack for all end-to-end tests: it starts in about 40 s, so nobody gets one of their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.hub import INITIAL_RUNS, Hub


@pytest.fixture(scope="package")
def stack() -> Iterator[Hub]:
    """Running stack with a small history, already in Fusion. ``FUSION_E2E_SEMENTE`` moves the random points of the kills."""
    hub = Hub(Path(tempfile.mkdtemp(prefix="fusion-e2e-")), int(os.environ.get("FUSION_E2E_SEMENTE", "7")))
    try:
        hub.open()
        for dag in INITIAL_RUNS:
            hub.run_task(dag)
        hub.quiet()
        yield hub
    finally:
        hub.close()


@pytest.fixture
def hub(stack: Hub) -> Hub:
    """The stack at rest before a test."""
    stack.quiet()
    return stack

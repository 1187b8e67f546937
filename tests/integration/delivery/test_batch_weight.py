"""Batches by the weight of their records, with real rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.fusion.delivery.weight import FIRST, Scale
from sandbox.postgres import Postgres
from tests.harness import Harness


@pytest.fixture
def hub(postgres: Postgres, tmp_path: Path) -> Iterator[Harness]:
    harness = Harness(postgres, tmp_path, "consulfarma", atendimentos=60)
    yield harness
    harness.close()


def test_after_heavy_records_a_batch_has_few_and_all_are_delivered(hub: Harness) -> None:
    hub.load()
    delivery = hub.delivery()
    delivery.batches._scale = Scale(1000)
    sizes = [len(delivery.batches.prepare(200)) for _ in range(2)]
    assert sizes[0] > 1 and sizes[1] == 1
    delivery.batches.release()
    hub.deliver()
    assert hub.divergent() == []


def test_light_records_fill_the_batches_that_the_settings_say(hub: Harness) -> None:
    hub.load()
    batches = hub.delivery().batches
    assert len(batches.prepare(200)) <= FIRST and batches._scale.fits >= 4 * FIRST

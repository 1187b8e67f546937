"""The composition root finds a system's own modules by name, where no type checker looks."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from include.fusion.settings import load
from include.fusion.wiring.names import Runtime

ENTRIES = load()


def runtime_of(entry_id: str) -> Runtime:
    """Parts of a run that opens no connection."""
    entry = next(e for e in ENTRIES if e.id == entry_id)
    return Runtime(entry, lambda _: create_engine("postgresql+psycopg2://nowhere/nothing"), lambda _: None)


def test_the_load_of_people_is_found() -> None:
    assert runtime_of("trackcare").own_initial_load(5).pagina == 5


def test_the_counts_of_a_preparation_that_has_not_begun_are_found() -> None:
    assert set(vars(runtime_of("trackcare").nothing_prepared()).values()) == {0}


@pytest.mark.parametrize("entry_id", [e.id for e in ENTRIES])
def test_every_search_and_every_route_of_an_entry_can_be_made(entry_id: str) -> None:
    runtime = runtime_of(entry_id)
    assert runtime.search() and runtime.routes() and runtime.filas()

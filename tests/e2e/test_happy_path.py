"""Changes on all sources arrive, once, and the run says what it did."""

from __future__ import annotations

import re

from tests.e2e.hub import DELIVERY, SYSTEMS, Hub, succeeded

MOVIDOS = ("enviados", "cancelados", "inalterados")


def test_changes_on_all_sources_reach_fusion_once(hub: Hub) -> None:
    before = hub.applied()
    with hub.movement(rate=10):
        hub.let_be(3)
    hub.reconcile()
    assert hub.one("simulador", "select count(*) from mudanca") >= 30
    assert hub.applied() > before


def test_a_run_tells_what_it_moved(hub: Hub) -> None:
    for system in SYSTEMS:
        hub.change(system, 3)
    hub.quiet()
    for system, task in DELIVERY.items():
        # The newest run may have moved nothing: a row touched in the very last second is looked at once more.
        run = next(r for r in succeeded(hub, system, task) if any(hub.xcom(system, r, task)[x] for x in MOVIDOS))
        assert re.search(r"\d+ enviados, \d+ cancelados, \d+ sem mudança, \d+ com erro, \d+ adiados", hub.log(system, run, task)), system


def test_an_idle_hub_starts_no_runs(hub: Hub) -> None:
    """The safety net aside, which goes by the clock."""
    # A row touched in the very last second is looked at once more.
    hub.let_be(5)
    hub.quiet()
    account = "select count(*) from dag_run where run_type <> 'scheduled'"
    before = hub.one("airflow", account)
    hub.let_be(25)
    assert hub.one("airflow", account) == before

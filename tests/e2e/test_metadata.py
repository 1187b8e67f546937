"""Airflow's own database holds nothing that matters."""

from __future__ import annotations

from tests.e2e.hub import Hub


def test_an_empty_airflow_database_loses_nothing_and_resends_nothing(hub: Hub) -> None:
    hub.change("consulfarma", 5)
    before = hub.one("fusion", "select max(id) from aplicacao")
    hub.recreate_airflow()
    hub.reconcile()
    assert hub.one("fusion", "select count(distinct codigo) from aplicacao where id > %s", before) <= 40

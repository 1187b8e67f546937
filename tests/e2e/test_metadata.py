"""Airflow's own database holds nothing that matters."""

from __future__ import annotations

from tests.e2e.hub import Hub


def test_an_empty_airflow_database_loses_nothing_and_resends_nothing(hub: Hub) -> None:
    hub.mudar("consulfarma", 5)
    antes = hub.um("fusion", "select max(id) from aplicacao")
    hub.recriar_airflow()
    hub.reconciliar()
    assert hub.um("fusion", "select count(distinct codigo) from aplicacao where id > %s", antes) <= 40

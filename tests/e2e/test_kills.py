"""Whatever dies, at whatever moment, while all sources are at work: afterwards nothing is lost and nothing doubled."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.hub import DELIVERY, Hub, integracao, table_of

VIAJANDO = "select count(*) from {tabela} where integracao_id = %s and processo <> 'carga_inicial' and situacao = 'reservado'"


def in_transit(hub: Hub, system: str = "consulfarma") -> None:
    """Wait until a batch is on its way, then until some point of its journey."""
    sql = VIAJANDO.format(tabela=table_of(system))
    hub.wait(lambda: hub.one("fusion_integracao", sql, integracao(system).integracao_id), f"{system}: no batch left")
    hub.let_be(hub.rng.uniform(0, 2))


def test_killing_who_delivers_in_mid_batch_one_system_after_the_other(hub: Hub) -> None:
    """The process that sends is killed; of e-SUS its supervisor, and the process ends with it."""
    with hub.movement(), hub.falhas(atraso_ms=2500):
        for system, task in DELIVERY.items():
            in_transit(hub, system)
            hub.kill_worker_of(system, task, supervisor=system == "esus_ab")
        hub.let_be(2)
    hub.reconcile()


@pytest.mark.parametrize("names", [("triggerer", "fusion"), ("scheduler",)])
def test_killing_components(hub: Hub, names: tuple[str, ...]) -> None:
    with hub.movement():
        for name in names:
            in_transit(hub)
            hub.kill(name)
            hub.let_be(4)
    hub.reconcile()


def test_stopping_postgresql_and_then_crashing_it(hub: Hub) -> None:
    with hub.movement():
        for sinal in (signal.SIGINT, signal.SIGQUIT):
            in_transit(hub)
            hub.kill("postgres", sinal)
            hub.let_be(5)
    hub.reconcile()

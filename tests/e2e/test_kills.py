"""Whatever dies, at whatever moment, while all sources are at work: afterwards nothing is lost and nothing doubled."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.hub import ENTREGA, Hub, tabela_de

VIAJANDO = "select count(*) from {tabela} where processo <> 'carga_inicial' and situacao = 'reservado'"


def em_viagem(hub: Hub, sistema: str = "consulfarma") -> None:
    """Wait until a batch is on its way, then until some point of its journey."""
    hub.esperar(lambda: hub.um("fusion_integracao", VIAJANDO.format(tabela=tabela_de(sistema))), 30)
    hub.deixar(hub.rng.uniform(0, 2))


@pytest.mark.parametrize(
    ("quem", "sistema"), [("task", "consulfarma"), ("worker", "esus_ab"), ("task", "mv"), ("task", "sotech"), ("task", "tasy")]
)
def test_killing_who_delivers_in_mid_batch(hub: Hub, quem: str, sistema: str) -> None:
    """``task`` is the process that sends; ``worker`` its supervisor, whose death leaves it an orphan."""
    with hub.movimento(), hub.falhas(atraso_ms=2500):
        em_viagem(hub, sistema)
        hub.matar_quem_faz(sistema, ENTREGA[sistema], supervisor=quem == "worker")
        hub.deixar(2)
    hub.reconciliar(120)


@pytest.mark.parametrize("nome", ["triggerer", "fusion", "scheduler"])
def test_killing_a_component(hub: Hub, nome: str) -> None:
    with hub.movimento():
        em_viagem(hub)
        hub.matar(nome)
        hub.deixar(4)
    hub.reconciliar(150)


@pytest.mark.parametrize("sinal", [signal.SIGINT, signal.SIGQUIT])
def test_stopping_postgresql(hub: Hub, sinal: signal.Signals) -> None:
    with hub.movimento():
        em_viagem(hub)
        hub.matar("postgres", sinal)
        hub.deixar(5)
    hub.reconciliar(150)

"""Whatever dies, at whatever moment, while all sources are at work: afterwards nothing is lost and nothing doubled."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.hub import ENTREGA, Hub, integracao, tabela_de

VIAJANDO = "select count(*) from {tabela} where integracao_id = %s and processo <> 'carga_inicial' and situacao = 'reservado'"


def em_viagem(hub: Hub, sistema: str = "consulfarma") -> None:
    """Wait until a batch is on its way, then until some point of its journey."""
    sql = VIAJANDO.format(tabela=tabela_de(sistema))
    hub.esperar(lambda: hub.um("fusion_integracao", sql, integracao(sistema).integracao_id), f"{sistema}: no batch left")
    hub.deixar(hub.rng.uniform(0, 2))


def test_killing_who_delivers_in_mid_batch_one_system_after_the_other(hub: Hub) -> None:
    """The process that sends is killed; of e-SUS its supervisor, whose death leaves it an orphan."""
    with hub.movimento(), hub.falhas(atraso_ms=2500):
        for sistema, tarefa in ENTREGA.items():
            em_viagem(hub, sistema)
            hub.matar_quem_faz(sistema, tarefa, supervisor=sistema == "esus_ab")
        hub.deixar(2)
    hub.reconciliar()


@pytest.mark.parametrize("nomes", [("triggerer", "fusion"), ("scheduler",)])
def test_killing_components(hub: Hub, nomes: tuple[str, ...]) -> None:
    with hub.movimento():
        for nome in nomes:
            em_viagem(hub)
            hub.matar(nome)
            hub.deixar(4)
    hub.reconciliar()


def test_stopping_postgresql_and_then_crashing_it(hub: Hub) -> None:
    with hub.movimento():
        for sinal in (signal.SIGINT, signal.SIGQUIT):
            em_viagem(hub)
            hub.matar("postgres", sinal)
            hub.deixar(5)
    hub.reconciliar()

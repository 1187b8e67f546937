"""The surgical chain on the real stack: booking at the source → pendency in Fusion → booking in Fusion."""

from __future__ import annotations

from functools import partial

from tests.e2e.hub import Hub, integracao

AGENDAMENTOS = "select count(*) from aplicacao where entidade = 'agenda_cirurgica'"
TWO = (("skymed", "importar_pendencias", "AtualizacaoAgendaCirurgia"), ("fusion_service", "processar_pendencias", "AplicacaoPendencia"))
RESERVED = "select count(*) from {} where situacao = 'reservado'"


def test_bookings_reach_fusion_in_both_steps(hub: Hub) -> None:
    before = hub.one("fusion", AGENDAMENTOS)
    changed = {m.chave for m in hub.change("skymed", 6)}
    hub.reconcile()
    assert hub.one("fusion", AGENDAMENTOS) > before
    codes = hub.sql(
        "fusion", "select codigo from registro where entidade = 'agenda_cirurgica' and integracao_id = %s",
        integracao("fusion_service").integracao_id,
    )  # fmt: skip
    assert changed <= {row["codigo"] for row in codes} | hub.in_error("fusion_service", "AplicacaoPendencia")


def test_killing_who_delivers_bookings_in_both_steps(hub: Hub) -> None:
    with hub.falhas(atraso_ms=2500):
        for dag, task, fila in TWO:
            hub.change("skymed", 5)
            hub.wait(partial(hub.one, "fusion_integracao", RESERVED.format(fila)), f"{dag}: no batch left")
            hub.let_be(hub.rng.uniform(0, 2))
            hub.kill_worker_of(dag, task)
        hub.change("skymed", 2)
    hub.reconcile()

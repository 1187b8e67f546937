"""The surgical chain on the real stack: booking at the source → pendency in Fusion → booking in Fusion."""

from __future__ import annotations

from tests.e2e.hub import Hub, integracao

AGENDAMENTOS = "select count(*) from aplicacao where entidade = 'agenda_cirurgica'"
DUAS = (("skymed", "importar_pendencias", "AtualizacaoAgendaCirurgia"), ("fusion_service", "processar_pendencias", "AplicacaoPendencia"))
RESERVADO = "select count(*) from {} where situacao = 'reservado'"


def test_bookings_reach_fusion_in_both_steps(hub: Hub) -> None:
    antes = hub.um("fusion", AGENDAMENTOS)
    mudadas = {m.chave for m in hub.mudar("skymed", 6)}
    hub.reconciliar()
    assert hub.um("fusion", AGENDAMENTOS) > antes
    codigos = hub.sql(
        "fusion", "select codigo from registro where entidade = 'agenda_cirurgica' and integracao_id = %s",
        integracao("fusion_service").integracao_id,
    )  # fmt: skip
    assert mudadas <= {linha["codigo"] for linha in codigos} | hub.em_erro("fusion_service", "AplicacaoPendencia")


def test_killing_who_delivers_bookings_in_both_steps(hub: Hub) -> None:
    with hub.falhas(atraso_ms=2500):
        for dag, tarefa, fila in DUAS:
            hub.mudar("skymed", 5)
            hub.esperar(lambda fila=fila: hub.um("fusion_integracao", RESERVADO.format(fila)), f"{dag}: no batch left")
            hub.deixar(hub.rng.uniform(0, 2))
            hub.matar_quem_faz(dag, tarefa)
        hub.mudar("skymed", 2)
    hub.reconciliar()

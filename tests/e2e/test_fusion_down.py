"""An outage of Fusion costs no record a try, and nobody has to lift a hand afterwards."""

from __future__ import annotations

from tests.e2e.hub import SISTEMAS, Hub

TENTATIVAS = "select coalesce(max(tentativas), 0) from ImportacaoAtendimento where situacao in ('pendente', 'reservado')"


def test_a_stopped_fusion_fails_the_task_and_counts_no_try(hub: Hub) -> None:
    falhas = "select count(*) from task_instance where state in ('up_for_retry', 'failed')"
    antes = hub.um("airflow", falhas)
    with hub.sem("fusion"):
        for sistema in SISTEMAS:
            hub.mudar(sistema, 5)
        hub.esperar(lambda: hub.um("airflow", falhas) > antes)
        hub.deixar(3)
        assert hub.um("fusion_integracao", TENTATIVAS) == 0
    hub.reconciliar()


def test_a_fusion_that_answers_errors_to_all_is_survived(hub: Hub) -> None:
    with hub.falhas(parcela_500=1):
        for sistema in SISTEMAS:
            hub.mudar(sistema, 5)
        hub.deixar(6)
    hub.reconciliar()


def test_cut_connections_half_answers_and_throttling_double_nothing(hub: Hub) -> None:
    with hub.falhas(parcela_reset=0.2, reset_depois_de_aplicar=True, parcela_meia_resposta=0.2, parcela_429=0.1, semente=7):
        for sistema in SISTEMAS:
            hub.mudar(sistema, 15)
        hub.deixar(8)
    hub.reconciliar()

"""An outage of Fusion costs no record a try, and nobody has to lift a hand afterwards."""

from __future__ import annotations

from tests.e2e.hub import SYSTEMS, Hub

ATTEMPTS = "select coalesce(max(tentativas), 0) from ImportacaoAtendimento where situacao in ('pendente', 'reservado')"


def test_a_stopped_fusion_fails_the_task_and_counts_no_try(hub: Hub) -> None:
    failures = "select count(*) from task_instance where state in ('up_for_retry', 'failed')"
    before = hub.one("airflow", failures)
    with hub.without("fusion"):
        for system in SYSTEMS:
            hub.change(system, 5)
        hub.wait(lambda: hub.one("airflow", failures) > before)
        hub.let_be(3)
        assert hub.one("fusion_integracao", ATTEMPTS) == 0
    hub.reconcile()


def test_a_fusion_that_answers_errors_to_all_is_survived(hub: Hub) -> None:
    with hub.falhas(parcela_500=1):
        for system in SYSTEMS:
            hub.change(system, 5)
        hub.let_be(6)
    hub.reconcile()


def test_cut_connections_half_answers_and_throttling_double_nothing(hub: Hub) -> None:
    with hub.falhas(parcela_reset=0.2, reset_depois_de_aplicar=True, parcela_meia_resposta=0.2, parcela_429=0.1, semente=7):
        for system in SYSTEMS:
            hub.change(system, 15)
        hub.let_be(8)
    hub.reconcile()

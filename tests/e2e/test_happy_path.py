"""Changes on all sources arrive, once, and the run says what it did."""

from __future__ import annotations

import re

from tests.e2e.hub import ENTREGA, SISTEMAS, Hub, com_sucesso

MOVIDOS = ("enviados", "cancelados", "inalterados")


def test_changes_on_all_sources_reach_fusion_once(hub: Hub) -> None:
    antes = hub.aplicacoes()
    with hub.movimento(taxa=10):
        hub.deixar(3)
    hub.reconciliar()
    assert hub.um("simulador", "select count(*) from mudanca") >= 30
    assert hub.aplicacoes() > antes


def test_a_run_tells_what_it_moved(hub: Hub) -> None:
    for sistema in SISTEMAS:
        hub.mudar(sistema, 3)
    hub.quieto()
    for sistema, tarefa in ENTREGA.items():
        # The newest run may have moved nothing: a row touched in the very last second is looked at once more.
        run = next(r for r in com_sucesso(hub, sistema, tarefa) if any(hub.xcom(sistema, r, tarefa)[x] for x in MOVIDOS))
        assert re.search(r"\d+ enviados, \d+ cancelados, \d+ sem mudança, \d+ com erro, \d+ adiados", hub.log(sistema, run, tarefa)), (
            sistema
        )


def test_an_idle_hub_starts_no_runs(hub: Hub) -> None:
    """The safety net aside, which goes by the clock."""
    # A row touched in the very last second is looked at once more.
    hub.deixar(5)
    hub.quieto()
    conta = "select count(*) from dag_run where run_type <> 'scheduled'"
    antes = hub.um("airflow", conta)
    hub.deixar(25)
    assert hub.um("airflow", conta) == antes

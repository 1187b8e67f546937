"""Changes on all sources arrive, once, and the run says what it did."""

from __future__ import annotations

import re

import pytest

from tests.e2e.hub import ENTREGA, SISTEMAS, Hub


def test_changes_on_all_sources_reach_fusion_once(hub: Hub) -> None:
    antes = hub.aplicacoes()
    with hub.movimento(taxa=10):
        hub.deixar(3)
    hub.reconciliar(60)
    assert hub.um("simulador", "select count(*) from mudanca") >= 30
    assert hub.aplicacoes() > antes


@pytest.mark.parametrize("sistema", SISTEMAS)
def test_a_run_tells_what_it_moved(hub: Hub, sistema: str) -> None:
    tarefa = ENTREGA[sistema]
    hub.mudar(sistema, 3)
    hub.quieto()
    run = next(r["dag_run_id"] for r in hub.runs(sistema) if hub.tarefas(sistema, r["dag_run_id"])[tarefa]["state"] == "success")
    contagens = hub.xcom(sistema, run, tarefa)
    assert contagens["enviados"] + contagens["cancelados"] + contagens["inalterados"] > 0
    assert re.search(r"\d+ enviados, \d+ cancelados, \d+ sem mudança, \d+ com erro, \d+ adiados", hub.log(sistema, run, tarefa))


def test_an_idle_hub_starts_no_runs(hub: Hub) -> None:
    """The safety net aside, which goes by the clock."""
    conta = "select count(*) from dag_run where run_type <> 'scheduled'"
    antes = hub.um("airflow", conta)
    hub.deixar(25)
    assert hub.um("airflow", conta) == antes

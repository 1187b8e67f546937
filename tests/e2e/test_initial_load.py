"""The whole history once: complete, pausable, resumable, and never twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.hub import INICIAL, Hub

RESERVADAS = "select count(*) from ImportacaoAtendimento where processo = 'carga_inicial' and situacao = 'reservado'"


@pytest.fixture
def historico(hub: Hub) -> Iterator[int]:
    """Attendances of the source that only the initial load can bring: nobody watches while they are written."""
    with hub.pausada("esus_ab"):
        hub.mudar("esus_ab", 40)
        yield hub.aplicacoes()


def test_the_first_load_delivered_the_whole_history(hub: Hub) -> None:
    run = hub.runs(INICIAL)[-1]["dag_run_id"]
    carga = hub.xcom(INICIAL, run, "carga")
    assert carga["feitos"] == carga["total"] >= 40
    assert hub.xcom(INICIAL, run, "processamento", "progresso")["feitos"] == carga["total"]


def test_another_load_of_the_same_history_sends_nothing(hub: Hub) -> None:
    antes = hub.aplicacoes()
    run = hub.rodar(INICIAL, recomecar=True)
    assert hub.estado_do(INICIAL, run) == "success"
    assert hub.aplicacoes() == antes
    assert hub.xcom(INICIAL, run, "processamento")["enviados"] == 0


def test_pausing_the_dag_holds_the_load_and_unpausing_goes_on(hub: Hub, historico: int) -> None:
    with hub.falhas(atraso_ms=4000):
        run = hub.disparar(INICIAL, recomecar=True)
        hub.esperar(lambda: any(t["state"] == "running" for t in hub.tarefas(INICIAL, run).values()))
        with hub.pausada(INICIAL):
            hub.deixar(9)
            assert hub.estado_do(INICIAL, run) == "running"
    assert hub.terminar(INICIAL, run) == "success"
    hub.reconciliar()


def test_a_load_killed_in_the_middle_resumes_and_loses_nothing(hub: Hub, historico: int) -> None:
    with hub.falhas(atraso_ms=5000):
        run = hub.disparar(INICIAL, recomecar=True)
        hub.esperar(lambda: hub.um("fusion_integracao", RESERVADAS))
        hub.deixar(hub.rng.uniform(0, 3))
        hub.matar_quem_faz(INICIAL, "processamento")
    assert hub.terminar(INICIAL, run) == "success"
    assert hub.tarefas(INICIAL, run)["processamento"]["try_number"] == 2
    assert hub.aplicacoes() > historico
    hub.reconciliar()

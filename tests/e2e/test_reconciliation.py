"""The reconciliation on a running stack: it finds what nobody saw, the integration's own DAG repairs it, and clearing its tasks changes nothing."""

from __future__ import annotations

import pytest

from fusion_airflow.operators.conciliacao import YES
from tests.e2e.hub import RECONCILIATION, Hub, clear_without_effect, integracao

LIVING = "select atendimentoid from dbo.atendimento where excluido = 0 and situacao <> 'C' order by 1 limit 3"
IT = "and entidade = 'atendimento' and codigo = %s"


@pytest.fixture(scope="module")
def run(stack: Hub) -> str:
    """A run after Fusion lost one attendance of Consulfarma."""
    number = integracao("consulfarma").integracao_id
    stack.quiet()
    last = stack.one("fusion", "select max(id) from aplicacao")
    key = stack.one(
        "fusion", "select min(codigo) from registro where integracao_id = %s and entidade = 'atendimento' and not cancelado", number
    )
    stack.sql("fusion", f"update registro set cancelado = true where integracao_id = %s {IT}", number, key)
    done = stack.run_task("conciliacao", integracao="consulfarma")
    stack.wait(lambda: not stack.one("fusion", f"select cancelado from registro where integracao_id = %s {IT}", number, key))
    # Fusion had lost it, so the same content came twice.
    stack.requested_ones += [row["id"] for row in stack.sql("fusion", "select id from aplicacao where id > %s and codigo = %s", last, key)]
    stack.quiet()
    return done


def test_what_fusion_lost_is_repaired_by_the_integrations_own_dag(hub: Hub, run: str) -> None:
    """The fixture has waited for the repair."""
    assert hub.state_of("conciliacao", run) == "success"
    assert {task for task, state in hub.tasks("conciliacao", run).items() if state["state"] == "success"} >= {"comparar", "alarme"}


@pytest.mark.parametrize("task", RECONCILIATION[:2])
def test_clearing_a_task_changes_nothing(hub: Hub, run: str, task: str) -> None:
    clear_without_effect(hub, "conciliacao", task, run)


def test_a_mass_cancellation_waits_for_a_persons_yes(hub: Hub) -> None:
    """Attendances vanish at the source and leave no trace there."""
    vanished = f"update dbo.atendimento set excluido = 1 where atendimentoid in ({LIVING}) returning atendimentoid"
    keys = [str(row["atendimentoid"]) for row in hub.sql("consulfarma", vanished)]
    run = hub.trigger("conciliacao", integracao="consulfarma")
    hub.answer("conciliacao", run, "confirmar", YES)
    assert hub.finish("conciliacao", run) == "success"
    hub.reconcile()
    number = integracao("consulfarma").integracao_id
    cancelled = "select count(*) from registro where integracao_id = %s and entidade = 'atendimento' and cancelado and codigo = any(%s)"
    assert hub.one("fusion", cancelled, number, keys) == len(keys) == 3


def test_a_field_that_the_form_does_not_have_is_refused_at_once(hub: Hub) -> None:
    before = hub.applied()
    run = hub.run_task("conciliacao", integraçao="consulfarma")
    assert (hub.state_of("conciliacao", run), hub.applied()) == ("failed", before)
    assert "nada foi alterado" in hub.log("conciliacao", run, RECONCILIATION[0])

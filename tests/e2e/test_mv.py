"""MV's processes on the real stack: each runs for its own pendencies, and nothing starts for nothing."""

from __future__ import annotations

import pytest

from tests.e2e.hub import Hub, clear_without_effect, integracao
from tests.e2e.mv import ALWAYS, CAUSAS, one_inpatient, provoke

INITIAL = "mv_carga_inicial"
ABERTURA = "processamento.abertura"
QUANDO_FOR = {ABERTURA, "processamento.uti"}
"""May run beside any other: a document closed in the very last second is looked at once more, and the ICU's round comes by the clock."""


@pytest.mark.parametrize("cause", CAUSAS)
def test_a_pendency_starts_its_own_processes_and_no_other_and_clearing_them_changes_nothing(hub: Hub, cause: str) -> None:
    run = provoke(hub, cause)
    states = {name: t["state"] for name, t in hub.tasks("mv", run).items()}
    trabalharam = {name for name, state in states.items() if state == "success"}
    assert trabalharam | QUANDO_FOR == ALWAYS | QUANDO_FOR | CAUSAS[cause][1], states
    assert {state for name, state in states.items() if name not in trabalharam} == {"skipped"}
    started_tasks = "select count(*) from task_instance where dag_id = 'mv' and run_id = %s and pid is not null"
    assert hub.one("airflow", started_tasks, run) == len(trabalharam)
    for task in sorted(trabalharam if cause == "abertura" else trabalharam - ALWAYS - {ABERTURA}):
        clear_without_effect(hub, "mv", task, run)


def test_a_discharge_waits_behind_no_initial_load(hub: Hub) -> None:
    inpatient = one_inpatient(hub)
    with hub.falhas(atraso_ms=5000):
        with hub.paused("mv"):
            # The history's, not the discharged patient's: those would have to wait for each other.
            changed = "update dbamv.atendime set cd_convenio = coalesce(cd_convenio, 0) %% 3 + 1 where cd_paciente <> %s"
            hub.sql("mv", changed, inpatient["cd_paciente"])
            hub.sql("mv", "delete from fusion_integracao.importacaoatendimento")
            carga = hub.trigger(INITIAL, recomecar=True)
            in_queue = "select count(*) from ImportacaoAtendimento where integracao_id = %s and processo = 'carga_inicial' and situacao = 'reservado'"
            hub.wait(lambda: hub.one("fusion_integracao", in_queue, integracao("mv").integracao_id))
        CAUSAS["alta"][0](hub)
        alta = "select codigo from registro where integracao_id = %s and codigo = %s and corpo ->> 'situacao' = 'FINALIZADO'"
        hub.wait(lambda: hub.one("fusion", alta, integracao("mv").integracao_id, str(inpatient["cd_atendimento"])))
        assert hub.state_of(INITIAL, carga) == "running"
    assert hub.finish(INITIAL, carga) == "success"
    hub.reconcile()

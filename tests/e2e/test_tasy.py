"""Tasy's processes on the real stack: each runs for its own pendencies, and nothing starts for nothing."""

from __future__ import annotations

import pytest

from tests.e2e.hub import Hub, clear_without_effect
from tests.e2e.tasy import ALWAYS, CAUSAS, INFORMATION


@pytest.mark.parametrize("cause", CAUSAS)
def test_a_touched_row_starts_its_own_processes_and_no_other_and_clearing_them_changes_nothing(hub: Hub, cause: str) -> None:
    do, tasks = CAUSAS[cause]
    run = hub.provoke("tasy", do, tasks - {INFORMATION})
    states = {name: t["state"] for name, t in hub.tasks("tasy", run).items()}
    trabalharam = {name for name, state in states.items() if state == "success"}
    # A row touched in the very last second is looked at once more, so attendances may be read beside anything else.
    assert trabalharam | {INFORMATION} == ALWAYS | {INFORMATION} | tasks
    assert {state for name, state in states.items() if name not in trabalharam} <= {"skipped"}
    for task in sorted(trabalharam if cause == "atendimento" else trabalharam - ALWAYS - {INFORMATION}):
        clear_without_effect(hub, "tasy", task, run)


def test_an_edit_that_changes_nothing_is_concluded_and_the_log_says_what_it_saved(hub: Hub) -> None:
    before = hub.applied()
    mexer = "update tasy.atendimento_paciente set dt_atualizacao = date_trunc('second', clock_timestamp() at time zone 'America/Bahia')"
    run = hub.provoke("tasy", lambda h: h.sql("tasy", mexer), {INFORMATION})
    assert hub.applied() == before
    assert "(sem mudança)" in hub.log("tasy", run, INFORMATION)
    assert hub.xcom("tasy", run, INFORMATION)["poupados_pct"] == 100

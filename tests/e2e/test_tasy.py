"""Tasy's processes on the real stack: each runs for its own pendencies, and nothing starts for nothing."""

from __future__ import annotations

import pytest

from tests.e2e.hub import Hub, limpar_sem_efeito
from tests.e2e.tasy import CAUSAS, INFORMACOES, SEMPRE


@pytest.mark.parametrize("causa", CAUSAS)
def test_a_touched_row_starts_its_own_processes_and_no_other_and_clearing_them_changes_nothing(hub: Hub, causa: str) -> None:
    fazer, tarefas = CAUSAS[causa]
    run = hub.provocar("tasy", fazer, tarefas - {INFORMACOES})
    estados = {nome: t["state"] for nome, t in hub.tarefas("tasy", run).items()}
    trabalharam = {nome for nome, estado in estados.items() if estado == "success"}
    # A row touched in the very last second is looked at once more, so attendances may be read beside anything else.
    assert trabalharam | {INFORMACOES} == SEMPRE | {INFORMACOES} | tarefas
    assert {estado for nome, estado in estados.items() if nome not in trabalharam} <= {"skipped"}
    for tarefa in sorted(trabalharam if causa == "atendimento" else trabalharam - SEMPRE - {INFORMACOES}):
        limpar_sem_efeito(hub, "tasy", tarefa, run)


def test_an_edit_that_changes_nothing_is_concluded_and_the_log_says_what_it_saved(hub: Hub) -> None:
    antes = hub.aplicacoes()
    mexer = "update tasy.atendimento_paciente set dt_atualizacao = date_trunc('second', clock_timestamp() at time zone 'America/Bahia')"
    run = hub.provocar("tasy", lambda h: h.sql("tasy", mexer), {INFORMACOES})
    assert hub.aplicacoes() == antes
    assert "(sem mudança)" in hub.log("tasy", run, INFORMACOES)
    assert hub.xcom("tasy", run, INFORMACOES)["poupados_pct"] == 100

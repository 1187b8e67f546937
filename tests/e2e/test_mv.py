"""MV's processes on the real stack: each runs for its own pendencies, and nothing starts for nothing."""

from __future__ import annotations

import pytest

from tests.e2e.hub import Hub, integracao, limpar_sem_efeito
from tests.e2e.mv import CAUSAS, SEMPRE, provocar, um_internado

INICIAL = "mv_carga_inicial"
ABERTURA = "processamento.abertura"
QUANDO_FOR = {ABERTURA, "processamento.uti"}
"""May run beside any other: a document closed in the very last second is looked at once more, and the ICU's round comes by the clock."""


@pytest.mark.parametrize("causa", CAUSAS)
def test_a_pendency_starts_its_own_processes_and_no_other_and_clearing_them_changes_nothing(hub: Hub, causa: str) -> None:
    run = provocar(hub, causa)
    estados = {nome: t["state"] for nome, t in hub.tarefas("mv", run).items()}
    trabalharam = {nome for nome, estado in estados.items() if estado == "success"}
    assert trabalharam | QUANDO_FOR == SEMPRE | QUANDO_FOR | CAUSAS[causa][1]
    assert {estado for nome, estado in estados.items() if nome not in trabalharam} == {"skipped"}
    iniciadas = "select count(*) from task_instance where dag_id = 'mv' and run_id = %s and pid is not null"
    assert hub.um("airflow", iniciadas, run) == len(trabalharam)
    for tarefa in sorted(trabalharam if causa == "abertura" else trabalharam - SEMPRE - {ABERTURA}):
        limpar_sem_efeito(hub, "mv", tarefa, run)


def test_a_discharge_waits_behind_no_initial_load(hub: Hub) -> None:
    internado = um_internado(hub)
    with hub.falhas(atraso_ms=5000):
        with hub.pausada("mv"):
            # The history's, not the discharged patient's: those would have to wait for each other.
            mudadas = "update dbamv.atendime set cd_convenio = coalesce(cd_convenio, 0) %% 3 + 1 where cd_paciente <> %s"
            hub.sql("mv", mudadas, internado["cd_paciente"])
            hub.sql("mv", "delete from fusion_integracao.importacaoatendimento")
            carga = hub.disparar(INICIAL, recomecar=True)
            na_fila = "select count(*) from ImportacaoAtendimento where integracao_id = %s and processo = 'carga_inicial' and situacao = 'reservado'"
            hub.esperar(lambda: hub.um("fusion_integracao", na_fila, integracao("mv").integracao_id))
        CAUSAS["alta"][0](hub)
        alta = "select codigo from registro where integracao_id = %s and codigo = %s and corpo ->> 'situacao' = 'FINALIZADO'"
        hub.esperar(lambda: hub.um("fusion", alta, integracao("mv").integracao_id, str(internado["cd_atendimento"])))
        assert hub.estado_do(INICIAL, carga) == "running"
    assert hub.terminar(INICIAL, carga) == "success"
    hub.reconciliar()

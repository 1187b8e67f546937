"""TrackCare on the real stack: a patient's change becomes messages that Fusion acknowledges, whatever dies on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.mllp.servidor import MllpServer
from tests.e2e.hub import Hub, integracao, succeeded
from tests.e2e.trackcare import TASKS

SEND = TASKS[-1]
MESSAGES = "select count(*) from mensagem_hl7"
REPEATED = "select corpo from mensagem_hl7 group by corpo having count(*) > 1"
OPEN_STATES = "select count(*) from PacienteArquivo where situacao in ('pendente', 'reservado')"
A_CAMINHO = "select count(*) from PacienteArquivo where situacao = 'reservado'"


def test_a_change_is_acknowledged_and_the_run_says_how_many_messages(hub: Hub) -> None:
    before = hub.one("fusion", MESSAGES)
    hub.change("trackcare", 4)
    hub.wait(lambda: hub.one("fusion", MESSAGES) > before)
    hub.quiet()
    run = next(succeeded(hub, "trackcare", SEND))
    assert hub.xcom("trackcare", run, SEND)["enviados"] > 0
    assert not hub.sql("fusion", REPEATED)


@pytest.mark.parametrize("task", TASKS)
def test_clearing_a_step_sends_nothing_again(hub: Hub, task: str) -> None:
    hub.change("trackcare", 2)
    hub.quiet()
    run, before = next(succeeded(hub, "trackcare", task)), hub.one("fusion", MESSAGES)
    hub.clean("trackcare", run, task)
    assert hub.finish("trackcare", run) == "success"
    hub.reconcile()
    assert hub.one("fusion", MESSAGES) == before and not hub.sql("fusion", REPEATED)


def test_killing_who_sends_loses_and_doubles_nothing(hub: Hub) -> None:
    with hub.falhas(atraso_ms=1500):
        hub.change("trackcare", 12)
        hub.wait(lambda: hub.one("fusion_integracao", A_CAMINHO))
        hub.kill_worker_of("trackcare", SEND)
        hub.let_be(2)
    hub.reconcile()
    assert not hub.sql("fusion", REPEATED)


def test_over_mllp_the_connection_alone_decides(hub: Hub, tmp_path: Path) -> None:
    before = hub.one("fusion", MESSAGES)
    mllp = MllpServer(hub.url("fusion"), tmp_path).start_run()
    try:
        # With Fusion's API away there is no other way for a message.
        with hub.hl7_over(conn_type="mllp", host="127.0.0.1", port=mllp.port), hub.without("fusion"):
            hub.change("trackcare", 3)
            hub.wait(lambda: hub.one("fusion", MESSAGES) > before and not hub.one("fusion_integracao", OPEN_STATES))
    finally:
        mllp.stop()
    hub.reconcile()
    assert not hub.sql("fusion", REPEATED)


def test_a_patient_that_cannot_be_said_keeps_a_reason_and_holds_nobody(hub: Hub) -> None:
    bad = hub.change("trackcare", 1, invalid="charset_sem_o_caractere")[0]
    hub.change("trackcare", 2)
    hub.quiet()
    reason = "select motivo from PendenciaIntegracao where integracao_id = %s and chave = %s and situacao = 'erro'"
    assert "não existe no charset" in hub.one("fusion_integracao", reason, integracao("trackcare").integracao_id, bad.chave)

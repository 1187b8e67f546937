"""TrackCare on the real stack: a patient's change becomes messages that Fusion acknowledges, whatever dies on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.mllp.servidor import ServidorMllp
from tests.e2e.hub import Hub, com_sucesso, integracao
from tests.e2e.trackcare import TAREFAS

ENVIO = TAREFAS[-1]
MENSAGENS = "select count(*) from mensagem_hl7"
REPETIDAS = "select corpo from mensagem_hl7 group by corpo having count(*) > 1"
ABERTAS = "select count(*) from PacienteArquivo where situacao in ('pendente', 'reservado')"
A_CAMINHO = "select count(*) from PacienteArquivo where situacao = 'reservado'"


def test_a_change_is_acknowledged_and_the_run_says_how_many_messages(hub: Hub) -> None:
    antes = hub.um("fusion", MENSAGENS)
    hub.mudar("trackcare", 4)
    hub.esperar(lambda: hub.um("fusion", MENSAGENS) > antes)
    hub.quieto()
    run = next(com_sucesso(hub, "trackcare", ENVIO))
    assert hub.xcom("trackcare", run, ENVIO)["enviados"] > 0
    assert not hub.sql("fusion", REPETIDAS)


@pytest.mark.parametrize("tarefa", TAREFAS)
def test_clearing_a_step_sends_nothing_again(hub: Hub, tarefa: str) -> None:
    hub.mudar("trackcare", 2)
    hub.quieto()
    run, antes = next(com_sucesso(hub, "trackcare", tarefa)), hub.um("fusion", MENSAGENS)
    hub.limpar("trackcare", run, tarefa)
    assert hub.terminar("trackcare", run) == "success"
    hub.reconciliar()
    assert hub.um("fusion", MENSAGENS) == antes and not hub.sql("fusion", REPETIDAS)


def test_killing_who_sends_loses_and_doubles_nothing(hub: Hub) -> None:
    with hub.falhas(atraso_ms=1500):
        hub.mudar("trackcare", 12)
        hub.esperar(lambda: hub.um("fusion_integracao", A_CAMINHO))
        hub.matar_quem_faz("trackcare", ENVIO)
        hub.deixar(2)
    hub.reconciliar()
    assert not hub.sql("fusion", REPETIDAS)


def test_over_mllp_the_connection_alone_decides(hub: Hub, tmp_path: Path) -> None:
    antes = hub.um("fusion", MENSAGENS)
    mllp = ServidorMllp(hub.url("fusion"), tmp_path).iniciar()
    try:
        # With Fusion's API away there is no other way for a message.
        with hub.hl7_por(conn_type="mllp", host="127.0.0.1", port=mllp.porta), hub.sem("fusion"):
            hub.mudar("trackcare", 3)
            hub.esperar(lambda: hub.um("fusion", MENSAGENS) > antes and not hub.um("fusion_integracao", ABERTAS))
    finally:
        mllp.parar()
    hub.reconciliar()
    assert not hub.sql("fusion", REPETIDAS)


def test_a_patient_that_cannot_be_said_keeps_a_reason_and_holds_nobody(hub: Hub) -> None:
    ruim = hub.mudar("trackcare", 1, invalido="charset_sem_o_caractere")[0]
    hub.mudar("trackcare", 2)
    hub.quieto()
    motivo = "select motivo from PendenciaIntegracao where integracao_id = %s and chave = %s and situacao = 'erro'"
    assert "não existe no charset" in hub.um("fusion_integracao", motivo, integracao("trackcare").integracao_id, ruim.chave)

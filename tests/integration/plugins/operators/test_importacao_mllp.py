"""Envio Arquivo Fusion over MLLP: the operator's own work, from PacienteArquivo through the connection to a listener's answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from fusion_airflow.operators import EnvioArquivoOperator, PendenciaBuscaOperator
from include.fusion.change.replay import ReplayRequest
from include.fusion.errors import FusionUnavailable
from include.fusion.store.filas import FilaItem
from sandbox.mllp.servidor import MllpServer
from sandbox.postgres import Postgres
from tests.integration.hl7.helpers import stored
from tests.integration.sistemas.trackcare.chain import PENDENCIA, Chain

pytest_plugins = ["tests.integration.hl7.fixtures"]

SETTINGS = {"permanencia": timedelta(0), "espera_inicial": timedelta(milliseconds=1), "espera_max": timedelta(milliseconds=1)}


@pytest.fixture(scope="module")
def module(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("trackcare")
    c = Chain(postgres, folder, 30, conexoes={"hl7": "hl7_teste"}, envio_arquivo_fusion=SETTINGS)
    c.carga_inicial()
    yield c
    c.close()


@pytest.fixture
def chain(module: Chain, mllp: MllpServer, monkeypatch: pytest.MonkeyPatch) -> Chain:
    """Some patients' messages wait, and nothing else; the connection leads to the listener."""
    module.fila("update PacienteArquivo set situacao = 'descartado' where situacao <> 'concluido'")
    module.change(15)
    module.load()
    assert module.prepare().mensagens > 15
    switch_on(monkeypatch, mllp.port)
    return module


def switch_on(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    fields = {"conn_type": "mllp", "host": "127.0.0.1", "port": port, "extra": {"timeout": 1, "connect_timeout": 1}}
    monkeypatch.setenv("AIRFLOW_CONN_HL7_TESTE", json.dumps(fields))


def send(c: Chain, attempt: int = 1, operator_: Any = EnvioArquivoOperator) -> dict[str, Any]:
    """What one try of the task does with its parts; PendenciaBuscaOperator is the last of its DAG here."""
    others = {} if operator_ is EnvioArquivoOperator else {"processo": PENDENCIA}
    with DAG("trackcare", schedule=None) as dag:
        task = operator_(integracao="trackcare", task_id=operator_.__name__, **others)
    ti = SimpleNamespace(dag_id="trackcare", task_id=task.task_id, run_id="r", try_number=attempt)
    context = {"ti": ti, "dag": dag, "dag_run": SimpleNamespace(run_type="manual")}
    return task.process(context, c.runtime, ReplayRequest.from_params({}, c.runtime.sistema))


def to_send(c: Chain) -> list[tuple[str, str]]:
    """(patient, control id) of what waits, in the order in which it was made."""
    return c.fila("select chave_paciente, chave from PacienteArquivo where situacao = 'pendente' order by id")


def until_over(c: Chain, times_seen: int = 30) -> None:
    """Tries of the task, as Airflow makes them, until nothing waits."""
    for attempt in range(1, times_seen):
        try:
            send(c, attempt)
        except FusionUnavailable:
            pass
        if not to_send(c):
            return
    raise AssertionError(f"still waiting: {c.situacoes()}")


def arrived_in_order(done: list[tuple[str, str]], dsn: str) -> None:
    """Each of them once, and those of a patient one after another."""
    arrived = stored(dsn)
    assert sorted(arrived) == sorted(control_id for _, control_id in done)
    position = {control_id: n for n, control_id in enumerate(arrived)}
    for paciente in {p for p, _ in done}:
        order = [position[control_id] for p, control_id in done if p == paciente]
        assert order == sorted(order)


def test_messages_arrive_once_each_in_their_patients_order(chain: Chain, dsn: str) -> None:
    done = to_send(chain)
    assert send(chain)["enviados"] == len(done) and not to_send(chain)
    arrived_in_order(done, dsn)


def test_ae_goes_to_erro_with_its_code_and_holds_nobody(chain: Chain, dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    done = to_send(chain)
    ((control_id, message),) = chain.fila(
        "select chave, mensagem from PacienteArquivo where situacao = 'pendente' and assunto like 'visita %%' limit 1"
    )
    chain.fila(
        "update PacienteArquivo set mensagem = %s where chave = %s", re.sub(rb"PID\|1\|\|[^|]*", b"PID|1||", bytes(message)), control_id
    )
    answer = send(chain)
    reason = "Fusion recusou a mensagem HL7: AE 101 (campo obrigatório ausente)"
    assert chain.fila("select chave, motivo from PacienteArquivo where situacao = 'erro'") == [(control_id, reason)]
    assert (answer["enviados"], answer["erros"], answer["motivos"]) == (len(done) - 1, 1, {reason: 1})
    assert sorted(stored(dsn)) == sorted(c for _, c in done if c != control_id)
    name = re.search(rb"\rPID\|1\|\|[^|]*\|\|([^|^]+)\^", bytes(message))
    assert name and name[1].decode("latin-1") not in caplog.text + str(answer)


@pytest.mark.parametrize("on_send", [False, True], ids=["the step itself", "a look of the sending"])
def test_when_most_patients_cannot_be_said_the_task_turns_red_and_a_clear_reads_them_again(chain: Chain, on_send: bool) -> None:
    i: Any = chain.runtime.integracao
    chain.runtime.integracao = i.model_copy(
        update={"envio_arquivo_fusion": i.envio_arquivo_fusion.model_copy(update={"minimo_para_parcela": 2, "parcela_erro_max": 0.2})}
    )
    names = chain.origem("select paper_rowid, paper_name from sqluser.pa_person")
    chain.origem("update sqluser.pa_person set paper_name = 'Flor \U0001f33b'")
    operator_ = EnvioArquivoOperator if on_send else PendenciaBuscaOperator
    if not on_send:
        chain.load()
    try:
        with pytest.raises(AirflowFailException, match=r"pacientes com algo recusado \(limite 20%\)"):
            send(chain, operator_=operator_)
    finally:
        for key, name in names:
            chain.origem("update sqluser.pa_person set paper_name = %s where paper_rowid = %s", name, key)
    chain.runtime.integracao = i
    refused = "select count(*) from PendenciaIntegracao where situacao = 'erro' and reservado_por like %s"
    owner = f"%%{operator_.__name__}%%"
    assert chain.fila(refused, owner)[0][0] > 2
    send(chain, 2, operator_=operator_)
    assert chain.fila(refused, owner) == [(0,)]


def test_another_try_takes_back_the_patients_that_a_killed_look_had_in_hand(chain: Chain) -> None:
    chain.change(5)
    chain.load()
    preparation = chain.runtime.fila(PENDENCIA)
    levados = preparation.reserve(100, "trackcare/r/EnvioArquivoOperator#1|preparo|", timedelta(hours=1))
    assert levados and not preparation.has_ready()
    send(chain, 2)
    assert chain.fila("select distinct situacao from PendenciaIntegracao where id = any(%s)", [r.id for r in levados]) == [("concluido",)]


def test_when_everything_is_refused_the_task_fails_for_good(chain: Chain, mllp: MllpServer) -> None:
    mllp.falhas(parcela_ae=1)
    with pytest.raises(AirflowFailException, match="limite"):
        send(chain)
    assert {m for (m,) in chain.fila("select motivo from PacienteArquivo where situacao = 'erro'")} == {
        "Fusion recusou a mensagem HL7: AE 102 (tipo de dado inválido)"
    }


def test_ar_fails_the_task_for_a_retry_and_costs_no_message_a_try(chain: Chain, mllp: MllpServer, dsn: str) -> None:
    done = to_send(chain)
    mllp.falhas(parcela_ar=1)
    with pytest.raises(FusionUnavailable, match="AR 207"):
        send(chain)
    assert to_send(chain) == done and stored(dsn) == []
    mllp.falhas()
    assert send(chain, 2)["enviados"] == len(done)


@pytest.mark.parametrize("failure", ["ar", "muda", "corta_antes", "corta_depois", "msa_errado"])
def test_what_fails_on_the_way_is_tried_again_and_neither_doubles_nor_overtakes(
    chain: Chain, mllp: MllpServer, dsn: str, failure: str
) -> None:
    done = to_send(chain)
    mllp.falhas(**{f"parcela_{failure}": 0.1}, semente=5)
    until_over(chain)
    arrived_in_order(done, dsn)
    assert chain.fila("select count(*) from PacienteArquivo where situacao not in ('concluido', 'descartado')") == [(0,)]


def test_a_message_whose_every_answer_was_lost_keeps_its_control_id_when_its_patient_is_looked_at_again(
    chain: Chain, mllp: MllpServer, dsn: str
) -> None:
    done = to_send(chain)
    mllp.falhas(parcela_corta_depois=0.5, semente=3)
    i: Any = chain.runtime.integracao
    chain.runtime.integracao = i.model_copy(
        update={"envio_arquivo_fusion": i.envio_arquivo_fusion.model_copy(update={"tentativas_max": 1, "parcela_erro_max": 1.0})}
    )
    until_over(chain)
    chain.runtime.integracao = i
    desistidas = {(p, c) for p, c in chain.fila("select chave_paciente, chave from PacienteArquivo where situacao = 'erro'")}
    assert {control_id for _, control_id in desistidas} & set(stored(dsn))
    mllp.falhas()
    with chain.runtime.fusion.begin() as con:
        chain.runtime.fila(PENDENCIA).enqueue(con, [FilaItem(paciente) for paciente, _ in desistidas])
    chain.prepare()
    assert set(to_send(chain)) == desistidas
    send(chain)
    assert sorted(stored(dsn)) == sorted(control_id for _, control_id in done)


def test_nobody_listening_fails_the_task_and_everything_waits(
    chain: Chain, mllp: MllpServer, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = to_send(chain)
    switch_on(monkeypatch, 1)
    with pytest.raises(FusionUnavailable, match="sem conexão MLLP"):
        send(chain)
    assert to_send(chain) == done and chain.fila("select max(tentativas) from PacienteArquivo where situacao = 'pendente'") == [(0,)]
    switch_on(monkeypatch, mllp.port)
    send(chain, 2)
    assert sorted(stored(dsn)) == sorted(control_id for _, control_id in done)

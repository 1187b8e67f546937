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
from include.fusion.change.replay import Pedido
from include.fusion.errors import FusionIndisponivel
from include.fusion.store.filas import ItemFila
from sandbox.mllp.servidor import ServidorMllp
from sandbox.postgres import Postgres
from tests.integration.hl7_envio_apoio import guardadas
from tests.integration.trackcare_cadeia import PENDENCIA, Cadeia

pytest_plugins = ["tests.integration.hl7_pecas"]

AJUSTES = {"permanencia": timedelta(0), "espera_inicial": timedelta(milliseconds=1), "espera_max": timedelta(milliseconds=1)}


@pytest.fixture(scope="module")
def modulo(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cadeia]:
    pasta = tmp_path_factory.mktemp("trackcare")
    c = Cadeia(postgres, pasta, 30, conexoes={"hl7": "hl7_teste"}, envio_arquivo_fusion=AJUSTES)
    c.carga_inicial()
    yield c
    c.fechar()


@pytest.fixture
def cadeia(modulo: Cadeia, mllp: ServidorMllp, monkeypatch: pytest.MonkeyPatch) -> Cadeia:
    """Some patients' messages wait, and nothing else; the connection leads to the listener."""
    modulo.fila("update PacienteArquivo set situacao = 'descartado' where situacao <> 'concluido'")
    modulo.mudar(15)
    modulo.carregar()
    assert modulo.preparar().mensagens > 15
    ligar(monkeypatch, mllp.porta)
    return modulo


def ligar(monkeypatch: pytest.MonkeyPatch, porta: int) -> None:
    campos = {"conn_type": "mllp", "host": "127.0.0.1", "port": porta, "extra": {"timeout": 1, "connect_timeout": 1}}
    monkeypatch.setenv("AIRFLOW_CONN_HL7_TESTE", json.dumps(campos))


def enviar(c: Cadeia, tentativa: int = 1, operador: Any = EnvioArquivoOperator) -> dict[str, Any]:
    """What one try of the task does with its parts; PendenciaBuscaOperator is the last of its DAG here."""
    outros = {} if operador is EnvioArquivoOperator else {"processo": PENDENCIA}
    with DAG("trackcare", schedule=None) as dag:
        tarefa = operador(integracao="trackcare", task_id=operador.__name__, **outros)
    ti = SimpleNamespace(dag_id="trackcare", task_id=tarefa.task_id, run_id="r", try_number=tentativa)
    contexto = {"ti": ti, "dag": dag, "dag_run": SimpleNamespace(run_type="manual")}
    return tarefa.processar(contexto, c.montagem, Pedido.de_params({}, c.montagem.sistema))


def a_enviar(c: Cadeia) -> list[tuple[str, str]]:
    """(patient, control id) of what waits, in the order in which it was made."""
    return c.fila("select chave_paciente, chave from PacienteArquivo where situacao = 'pendente' order by id")


def ate_acabar(c: Cadeia, vezes: int = 30) -> None:
    """Tries of the task, as Airflow makes them, until nothing waits."""
    for tentativa in range(1, vezes):
        try:
            enviar(c, tentativa)
        except FusionIndisponivel:
            pass
        if not a_enviar(c):
            return
    raise AssertionError(f"still waiting: {c.situacoes()}")


def chegaram_em_ordem(feitas: list[tuple[str, str]], dsn: str) -> None:
    """Each of them once, and those of a patient one after another."""
    chegou = guardadas(dsn)
    assert sorted(chegou) == sorted(controle for _, controle in feitas)
    posicao = {controle: n for n, controle in enumerate(chegou)}
    for paciente in {p for p, _ in feitas}:
        ordem = [posicao[controle] for p, controle in feitas if p == paciente]
        assert ordem == sorted(ordem)


def test_messages_arrive_once_each_in_their_patients_order(cadeia: Cadeia, dsn: str) -> None:
    feitas = a_enviar(cadeia)
    assert enviar(cadeia)["enviados"] == len(feitas) and not a_enviar(cadeia)
    chegaram_em_ordem(feitas, dsn)


def test_ae_goes_to_erro_with_its_code_and_holds_nobody(cadeia: Cadeia, dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    feitas = a_enviar(cadeia)
    ((controle, mensagem),) = cadeia.fila(
        "select chave, mensagem from PacienteArquivo where situacao = 'pendente' and assunto like 'visita %%' limit 1"
    )
    cadeia.fila(
        "update PacienteArquivo set mensagem = %s where chave = %s", re.sub(rb"PID\|1\|\|[^|]*", b"PID|1||", bytes(mensagem)), controle
    )
    feito = enviar(cadeia)
    motivo = "Fusion recusou a mensagem HL7: AE 101 (campo obrigatório ausente)"
    assert cadeia.fila("select chave, motivo from PacienteArquivo where situacao = 'erro'") == [(controle, motivo)]
    assert (feito["enviados"], feito["erros"], feito["motivos"]) == (len(feitas) - 1, 1, {motivo: 1})
    assert sorted(guardadas(dsn)) == sorted(c for _, c in feitas if c != controle)
    nome = re.search(rb"\rPID\|1\|\|[^|]*\|\|([^|^]+)\^", bytes(mensagem))
    assert nome and nome[1].decode("latin-1") not in caplog.text + str(feito)


@pytest.mark.parametrize("no_envio", [False, True], ids=["the step itself", "a look of the sending"])
def test_when_most_patients_cannot_be_said_the_task_turns_red_and_a_clear_reads_them_again(cadeia: Cadeia, no_envio: bool) -> None:
    i: Any = cadeia.montagem.integracao
    cadeia.montagem.integracao = i.model_copy(
        update={"envio_arquivo_fusion": i.envio_arquivo_fusion.model_copy(update={"minimo_para_parcela": 2, "parcela_erro_max": 0.2})}
    )
    nomes = cadeia.origem("select paper_rowid, paper_name from sqluser.pa_person")
    cadeia.origem("update sqluser.pa_person set paper_name = 'Flor \U0001f33b'")
    operador = EnvioArquivoOperator if no_envio else PendenciaBuscaOperator
    if not no_envio:
        cadeia.carregar()
    try:
        with pytest.raises(AirflowFailException, match=r"pacientes com algo recusado \(limite 20%\)"):
            enviar(cadeia, operador=operador)
    finally:
        for chave, nome in nomes:
            cadeia.origem("update sqluser.pa_person set paper_name = %s where paper_rowid = %s", nome, chave)
    cadeia.montagem.integracao = i
    recusados = "select count(*) from PendenciaIntegracao where situacao = 'erro' and reservado_por like %s"
    dono = f"%%{operador.__name__}%%"
    assert cadeia.fila(recusados, dono)[0][0] > 2
    enviar(cadeia, 2, operador=operador)
    assert cadeia.fila(recusados, dono) == [(0,)]


def test_another_try_takes_back_the_patients_that_a_killed_look_had_in_hand(cadeia: Cadeia) -> None:
    cadeia.mudar(5)
    cadeia.carregar()
    preparo = cadeia.montagem.fila(PENDENCIA)
    levados = preparo.reservar(100, "trackcare/r/EnvioArquivoOperator#1|preparo|", timedelta(hours=1))
    assert levados and not preparo.tem_prontos()
    enviar(cadeia, 2)
    assert cadeia.fila("select distinct situacao from PendenciaIntegracao where id = any(%s)", [r.id for r in levados]) == [("concluido",)]


def test_when_everything_is_refused_the_task_fails_for_good(cadeia: Cadeia, mllp: ServidorMllp) -> None:
    mllp.falhas(parcela_ae=1)
    with pytest.raises(AirflowFailException, match="limite"):
        enviar(cadeia)
    assert {m for (m,) in cadeia.fila("select motivo from PacienteArquivo where situacao = 'erro'")} == {
        "Fusion recusou a mensagem HL7: AE 102 (tipo de dado inválido)"
    }


def test_ar_fails_the_task_for_a_retry_and_costs_no_message_a_try(cadeia: Cadeia, mllp: ServidorMllp, dsn: str) -> None:
    feitas = a_enviar(cadeia)
    mllp.falhas(parcela_ar=1)
    with pytest.raises(FusionIndisponivel, match="AR 207"):
        enviar(cadeia)
    assert a_enviar(cadeia) == feitas and guardadas(dsn) == []
    mllp.falhas()
    assert enviar(cadeia, 2)["enviados"] == len(feitas)


@pytest.mark.parametrize("falha", ["ar", "muda", "corta_antes", "corta_depois", "msa_errado"])
def test_what_fails_on_the_way_is_tried_again_and_neither_doubles_nor_overtakes(
    cadeia: Cadeia, mllp: ServidorMllp, dsn: str, falha: str
) -> None:
    feitas = a_enviar(cadeia)
    mllp.falhas(**{f"parcela_{falha}": 0.1}, semente=5)
    ate_acabar(cadeia)
    chegaram_em_ordem(feitas, dsn)
    assert cadeia.fila("select count(*) from PacienteArquivo where situacao not in ('concluido', 'descartado')") == [(0,)]


def test_a_message_whose_every_answer_was_lost_keeps_its_control_id_when_its_patient_is_looked_at_again(
    cadeia: Cadeia, mllp: ServidorMllp, dsn: str
) -> None:
    feitas = a_enviar(cadeia)
    mllp.falhas(parcela_corta_depois=0.5, semente=3)
    i: Any = cadeia.montagem.integracao
    cadeia.montagem.integracao = i.model_copy(
        update={"envio_arquivo_fusion": i.envio_arquivo_fusion.model_copy(update={"tentativas_max": 1, "parcela_erro_max": 1.0})}
    )
    ate_acabar(cadeia)
    cadeia.montagem.integracao = i
    desistidas = {(p, c) for p, c in cadeia.fila("select chave_paciente, chave from PacienteArquivo where situacao = 'erro'")}
    assert {controle for _, controle in desistidas} & set(guardadas(dsn))
    mllp.falhas()
    with cadeia.montagem.fusion.begin() as con:
        cadeia.montagem.fila(PENDENCIA).enfileirar(con, [ItemFila(paciente) for paciente, _ in desistidas])
    cadeia.preparar()
    assert set(a_enviar(cadeia)) == desistidas
    enviar(cadeia)
    assert sorted(guardadas(dsn)) == sorted(controle for _, controle in feitas)


def test_nobody_listening_fails_the_task_and_everything_waits(
    cadeia: Cadeia, mllp: ServidorMllp, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    feitas = a_enviar(cadeia)
    ligar(monkeypatch, 1)
    with pytest.raises(FusionIndisponivel, match="sem conexão MLLP"):
        enviar(cadeia)
    assert a_enviar(cadeia) == feitas and cadeia.fila("select max(tentativas) from PacienteArquivo where situacao = 'pendente'") == [(0,)]
    ligar(monkeypatch, mllp.porta)
    enviar(cadeia, 2)
    assert sorted(guardadas(dsn)) == sorted(controle for _, controle in feitas)

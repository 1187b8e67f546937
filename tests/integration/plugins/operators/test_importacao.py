"""Delivering steps as tasks: what they return, what turns them red, what another try and a clear find."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from include.fusion.errors import FusionUnauthorized, FusionUnavailable
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.integration.plugins.operators.run import AT_ONCE, Run, connect, settle


@pytest.fixture(scope="module")
def module(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path_factory.mktemp("consulfarma"), "consulfarma", 30)
    b.load()
    b.deliver()
    yield b
    b.close()


@pytest.fixture
def harness(module: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    """A hospital with some changes that wait; whatever the test does, nothing is lost or doubled."""
    settle(tmp_path, monkeypatch, "consulfarma", importacao=AT_ONCE)
    connect(monkeypatch, module)
    module.change(8)
    module.load()
    yield module
    module.server.clear_faults()
    module.fila("update ImportacaoAtendimento set proxima_tentativa_em = null where situacao = 'pendente'")
    module.load()
    module.deliver()
    assert module.duplicates() == []


def states(b: Harness) -> dict[str, int]:
    return dict(b.fila("select situacao, count(*) from ImportacaoAtendimento group by 1"))


def owner(run: Run, attempt: int = 1) -> str:
    return str(run.dag.get_task("importacao").row_owner(run.context("importacao", attempt)))


def test_the_queue_is_delivered_and_the_counts_are_those_of_fusion(harness: Harness) -> None:
    before = harness.fusion("select count(*) from aplicacao")[0][0]
    result = Run("consulfarma").do("importacao")
    arrived = harness.fusion("select count(*) from aplicacao")[0][0] - before
    assert result["enviados"] + result["cancelados"] == arrived > 0 and result["motivos"] == {}
    assert not harness.runtime.fila().has_open()


def test_a_refused_record_leaves_its_reason_and_the_task_green(harness: Harness, capsys: pytest.CaptureFixture[str]) -> None:
    (bad,) = harness.change(1, invalid="cpf_invalido")
    harness.load()
    result = Run("consulfarma").do("importacao")
    assert result["motivos"] == {"paciente.cpf: CPF inválido": result["erros"]} and result["enviados"] > 0
    assert "com erro: paciente.cpf: CPF inválido" in capsys.readouterr().out
    mend = "update dbo.Paciente set Cpf = null, AtualizadoEm = clock_timestamp() at time zone 'America/Bahia' where PacienteId = %s"
    harness.origem(mend, bad.chave_paciente)


def test_where_nearly_all_is_refused_the_task_fails_for_good_and_a_clear_sends_it_again(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(tmp_path, monkeypatch, "consulfarma", importacao={**AT_ONCE, "minimo_para_parcela": 2}, rotas={"atendimento": "/api/Json/999"})
    run = Run("consulfarma")
    with pytest.raises(AirflowFailException, match="limpe esta tarefa"):
        run.do("importacao")
    assert states(harness)["erro"] > 2
    settle(tmp_path, monkeypatch, "consulfarma", importacao=AT_ONCE)
    assert run.do("importacao")["enviados"] == 0  # A new run's first try leaves them to whoever reads the reasons.
    assert run.do("importacao", attempt=2)["enviados"] > 2 and "erro" not in states(harness)


def test_rows_of_a_killed_try_are_taken_back_by_the_next_try_alone(harness: Harness) -> None:
    killed = Run("consulfarma")
    held = harness.runtime.fila().reserve(500, owner(killed), timedelta(minutes=5))
    assert Run("consulfarma", run_id="another").do("importacao", attempt=2)["enviados"] == 0
    assert states(harness)["reservado"] == len(held) > 0
    result = killed.do("importacao", attempt=2)
    assert result["enviados"] + result["cancelados"] == len(held) and "reservado" not in states(harness)


def test_an_outage_fails_the_try_and_leaves_every_row_untried(harness: Harness) -> None:
    harness.server.stop(signal.SIGKILL)
    try:
        with pytest.raises(FusionUnavailable):
            Run("consulfarma").do("importacao")
    finally:
        harness.server.start_run()
    pending = "select distinct tentativas, reservado_por from ImportacaoAtendimento where situacao = 'pendente'"
    assert harness.fila(pending) == [(0, None)]


def test_wrong_credentials_fail_the_try_and_leave_every_row_untried(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    token = harness.server.token
    connection = os.environ["AIRFLOW_CONN_FUSION_API"]
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_API", connection.replace(token, "errado"))
    with pytest.raises(FusionUnauthorized):
        Run("consulfarma").do("importacao")
    assert harness.fila("select max(tentativas) from ImportacaoAtendimento where situacao = 'pendente'") == [(0,)]


def test_a_task_that_is_ended_gives_its_rows_back(harness: Harness) -> None:
    """As Airflow's worker does it: SIGTERM calls ``on_kill`` of the task, wherever that is."""
    run = Run("consulfarma")
    harness.server.falhas(atraso_ms=30_000)
    before = signal.signal(signal.SIGTERM, lambda *_: run.dag.get_task("importacao").on_kill())
    ending = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    ending.start()
    try:
        with pytest.raises(SystemExit):
            run.do("importacao")
    finally:
        ending.join()
        signal.signal(signal.SIGTERM, before)
    assert "reservado" not in states(harness) and states(harness)["pendente"] > 0


def test_a_dry_run_tells_what_it_would_send_and_changes_nothing(harness: Harness) -> None:
    before = states(harness), harness.fusion("select count(*) from aplicacao")
    result = Run("consulfarma", simular=True).do("importacao")
    assert result["simulacao"] is True and result["enviaria"] > 0
    assert (states(harness), harness.fusion("select count(*) from aplicacao")) == before


def test_a_step_that_is_switched_off_is_skipped(harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch, "consulfarma", importacao={**AT_ONCE, "habilitado": False})
    with pytest.raises(AirflowSkipException, match="Processo importação desligado"):
        Run("consulfarma").do("importacao")


def test_closed_rows_go_after_their_time(harness: Harness) -> None:
    run = Run("consulfarma")
    run.do("importacao")
    kept, gone = harness.fila("select chave from ImportacaoAtendimento where situacao = 'concluido' order by id limit 2")
    for days, (key,) in ((29, kept), (31, gone)):
        harness.fila("update ImportacaoAtendimento set concluido_em = now() - make_interval(days => %s) where chave = %s", days, key)
    run.do("importacao")
    left = {key for (key,) in harness.fila("select chave from ImportacaoAtendimento")}
    assert kept[0] in left and gone[0] not in left


def test_a_lingering_task_sees_what_changes_meanwhile(harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch, "consulfarma", importacao={"permanencia": 2})
    meanwhile = threading.Timer(0.7, harness.change, (5,))
    meanwhile.start()
    result = Run("consulfarma").do("importacao")
    meanwhile.join()
    assert result["enfileirados"] > 0 and not harness.runtime.fila().has_open()

"""The whole history as tasks: once, in order, from where it stopped, and not while somebody has paused it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import DagResult, GetDag

from fusion_airflow.operators import carga_inicial
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.integration.plugins.operators.run import AT_ONCE, Run, connect, settle

FILE = "esus_ab_carga_inicial"
COUNT = 45
QUICK = {**AT_ONCE, "pagina": 10}


class Ui:
    """Airflow's side of a task: whether the DAG is paused. ``asked``: how often the task wanted to know."""

    def __init__(self) -> None:
        self.paused = False
        self.asked = 0

    def send(self, request: Any) -> DagResult:
        assert isinstance(request, GetDag)
        self.asked += 1
        return DagResult(
            dag_id=request.dag_id, is_paused=self.paused, bundle_name=None, bundle_version=None, relative_fileloc=None, owners=None,
            tags=[], next_dagrun=None,
        )  # fmt: skip


@pytest.fixture
def ui(monkeypatch: pytest.MonkeyPatch) -> Ui:
    made = Ui()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", made, raising=False)
    monkeypatch.setattr(carga_inicial, "PAUSE_CHECK", 0.0)
    return made


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ui: Ui) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path, "esus_ab", COUNT)
    settle(tmp_path, monkeypatch, "esus_ab", carga_inicial=QUICK)
    connect(monkeypatch, b)
    yield b
    b.close()


def queued(b: Harness) -> int:
    return int(b.fila("select count(*) from ImportacaoAtendimento where processo = 'carga_inicial'")[0][0])


def test_the_history_is_queued_and_delivered_once(harness: Harness) -> None:
    run = Run(FILE)
    assert run.do("carga") == {"enfileirados": COUNT, "feitos": COUNT, "total": COUNT}
    assert run.xcoms["carga", "progresso"]["feitos"] == COUNT
    result = run.do("processamento")
    assert sum(result[name] for name in ("enviados", "cancelados", "inalterados", "erros")) == COUNT and harness.divergent() == []
    assert run.xcoms["processamento", "progresso"]["feitos"] == COUNT
    again = Run(FILE, run_id="later")
    assert again.do("carga")["enfileirados"] == 0 and again.do("processamento")["enviados"] == 0


def test_a_killed_load_goes_on_behind_its_last_page_and_anew_only_when_told(harness: Harness) -> None:
    run = Run(FILE)
    run.dag.get_task("carga")
    harness.origem("alter table tb_atend rename to longe")
    with pytest.raises(Exception, match="tb_atend"):
        run.do("carga")
    harness.origem("alter table longe rename to tb_atend")
    assert run.do("carga", attempt=2)["enfileirados"] == COUNT
    anew = Run(FILE, run_id="anew", recomecar=True)
    # The first try may have been killed before it began anew.
    assert anew.do("carga", attempt=2)["enfileirados"] == COUNT
    assert anew.do("carga", attempt=3)["enfileirados"] == 0


def test_a_load_rests_while_its_dag_is_paused(harness: Harness, ui: Ui) -> None:
    ui.paused = True
    run, done = Run(FILE), SimpleNamespace(counts=None)
    load = threading.Thread(target=lambda: setattr(done, "counts", run.do("carga")))
    load.start()
    limit = time.monotonic() + 30
    while ui.asked < 2 and time.monotonic() < limit:
        time.sleep(0.05)
    at_rest = queued(harness)
    assert ui.asked >= 2 and at_rest < COUNT and load.is_alive()
    ui.paused = False
    load.join(30)
    assert done.counts == {"enfileirados": COUNT, "feitos": COUNT, "total": COUNT}


def test_a_delivery_of_the_history_rests_while_the_settings_say_so(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Run(FILE).do("carga")
    settle(tmp_path, monkeypatch, "esus_ab", carga_inicial={**QUICK, "pausar": True})
    resume = threading.Timer(1.5, settle, (tmp_path, monkeypatch, "esus_ab"), {"carga_inicial": QUICK})
    resume.start()
    result = Run(FILE).do("processamento")
    resume.join()
    assert result["enviados"] > 0
    said = capsys.readouterr().out
    assert said.index("Carga inicial em pausa") < said.index("Carga inicial retomada")


def test_what_was_refused_of_the_history_is_sent_again_when_the_form_says_so(harness: Harness) -> None:
    Run(FILE).do("carga")
    harness.fila("update ImportacaoAtendimento set situacao = 'erro', motivo = 'teste' where processo = 'carga_inicial'")
    Run(FILE).do("carga")
    assert Run(FILE).do("processamento")["enviados"] == 0
    Run(FILE, reenviar_erros=True).do("carga")
    assert Run(FILE).do("processamento")["enviados"] > 0


def test_where_nearly_all_of_the_history_is_refused_the_task_fails_for_good(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(tmp_path, monkeypatch, "esus_ab", carga_inicial={**QUICK, "minimo_para_parcela": 2, "LayoutID": 999})
    run = Run(FILE)
    run.do("carga")
    with pytest.raises(AirflowFailException, match="limpe esta tarefa"):
        run.do("processamento")


@pytest.mark.parametrize("task_id", ["carga", "processamento"])
def test_a_load_that_is_switched_off_does_nothing(harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task_id: str) -> None:
    run = Run(FILE)
    settle(tmp_path, monkeypatch, "esus_ab", carga_inicial={**QUICK, "habilitado": False})
    with pytest.raises(AirflowSkipException, match="carga inicial desligado"):
        run.do(task_id)
    assert queued(harness) == 0


def test_people_are_copied_page_by_page_and_later_ones_by_the_next_run(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ui: Ui
) -> None:
    b = Harness(postgres, tmp_path, "trackcare", 30)
    try:
        settle(tmp_path, monkeypatch, "trackcare", carga_inicial_pacientes={"MaxRecords": 7})
        connect(monkeypatch, b)
        people = b.origem("select count(*) from sqluser.pa_person")[0][0]
        run = Run("trackcare_carga_inicial")
        assert run.do("carga_inicial_pacientes") == {"gravados": people, "feitos": people, "total": people}
        assert b.origem("select count(*) from sqluser.pacienteses")[0][0] == people
        assert ui.asked >= people // 7
        assert Run("trackcare_carga_inicial").do("carga_inicial_pacientes")["gravados"] == 0
        settle(tmp_path, monkeypatch, "trackcare", carga_inicial_pacientes={"habilitado": False})
        with pytest.raises(AirflowSkipException, match="desligado"):
            run.do("carga_inicial_pacientes")
    finally:
        b.close()

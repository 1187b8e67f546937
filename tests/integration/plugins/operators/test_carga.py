"""The steps that find work, as tasks: what they queue, what they skip, what a form changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include.fusion.errors import InvalidRequest
from include.fusion.store.filas import FilaItem
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.integration.plugins.operators.run import Run, connect, settle

QUEUE, PEOPLE, ASKED = "filas.atualizacao_fila_pendencias", "filas.busca_atualizacoes_paciente", "filas.busca_atendimentos_paciente"


@pytest.fixture(scope="module")
def module(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path_factory.mktemp("mv"), "mv", 30)
    b.runtime.carga().mark_start()
    b.load()
    yield b
    b.close()


@pytest.fixture
def harness(module: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harness:
    """An MV in which nothing is new and nothing waits."""
    while module.load():
        pass
    for table in ("ImportacaoAtendimento", "PendenciaIntegracao", "ImportarAtendimento", "PendenciaBuscaAtendimentos"):
        module.fila(f"delete from {table}")
    settle(tmp_path, monkeypatch, "mv")
    connect(monkeypatch, module)
    return module


def pending_ones(b: Harness) -> set[tuple[str, str]]:
    """(process, key) of what waits to be delivered."""
    tables = ("ImportacaoAtendimento", "PendenciaIntegracao")
    return {row for t in tables for row in b.fila(f"select processo, chave from {t} where situacao = 'pendente'")}


def ask_for(b: Harness, *pacientes: Any) -> None:
    with b.runtime.fusion.begin() as con:
        b.runtime.requests_fila().enqueue(con, [FilaItem(str(p), str(p)) for p in pacientes])


def one(b: Harness) -> tuple[int, int]:
    """(attendance, patient)"""
    return b.origem("select cd_atendimento, cd_paciente from dbamv.atendime order by 1 limit 1")[0]


def test_a_look_queues_what_changed_and_tells_how_much(harness: Harness) -> None:
    harness.change(12)
    run = Run("mv")
    counts = run.do(QUEUE)
    assert counts["enfileirados"] == sum(counts["por_origem"].values()) > 0
    assert {process for process, _ in pending_ones(harness)} & {"abertura", "alta", "troca_leito", "uti"}


def test_a_look_that_finds_nothing_skips_every_step_that_has_nothing_and_says_so_to_the_watcher(harness: Harness) -> None:
    run = Run("mv", kind="asset_triggered")
    counts = run.do(QUEUE)
    assert (counts["enfileirados"], set(counts["por_origem"].values())) == (0, {0})
    assert run.skipped == {t.task_id for t in run.dag.tasks} - {QUEUE}
    assert set(harness.fila("select marcador from marca_dagua where origem = 'plantao'")) == {("ausente",)}


def test_a_run_without_an_event_looks_everywhere_all_the_same(harness: Harness) -> None:
    run = Run("mv", kind="scheduled")
    run.do(QUEUE)
    assert not {PEOPLE, ASKED} & run.skipped and "processamento.abertura" not in run.skipped


def test_the_last_step_stays_for_one_that_works_beside_the_search(harness: Harness) -> None:
    """Its patient is in flight there: what Fusion asked for is ready only after that."""
    key, paciente = one(harness)
    with harness.runtime.fusion.begin() as con:
        harness.runtime.fila("uti").enqueue(con, [FilaItem(str(key), str(paciente))])
    ask_for(harness, paciente)
    run = Run("mv", kind="asset_triggered")
    run.do(QUEUE)
    harness.runtime.fila("uti").reserve(1, "beside", timedelta(minutes=1))
    assert run.do(ASKED)["enfileirados"] > 0
    assert "acompanhamento" not in run.skipped and "processamento.abertura" in run.skipped


def test_only_the_first_step_queues_what_the_form_asks_for(harness: Harness) -> None:
    key, _ = one(harness)
    run = Run("mv", atendimento=str(key))
    assert run.do(QUEUE)["enfileirados"] > 0
    waiting = pending_ones(harness)
    assert {k for _, k in waiting} == {str(key)}
    run.do(PEOPLE)
    assert pending_ones(harness) == waiting


def test_a_form_that_makes_no_sense_stops_the_step_before_it_does_anything(harness: Harness) -> None:
    harness.change(3)
    with pytest.raises(InvalidRequest, match="juntas"):
        Run("mv", data_inicial="2026-01-01").do(QUEUE)
    assert pending_ones(harness) == set()


def test_a_dry_run_queues_nothing(harness: Harness) -> None:
    harness.change(3)
    assert Run("mv", simular=True).do(QUEUE) == {"simulacao": True}
    with pytest.raises(AirflowSkipException, match="Simulação"):
        Run("mv", simular=True).do(ASKED)
    assert pending_ones(harness) == set()


def test_refused_records_wait_again_when_the_form_says_so(harness: Harness) -> None:
    key, paciente = one(harness)
    with harness.runtime.fusion.begin() as con:
        harness.runtime.fila("abertura").refuse(con, {str(key): "paciente.cpf: CPF inválido"}, str(paciente))
    assert Run("mv", reenviar_erros=True).do(QUEUE)["reenviados"] == 1
    assert ("abertura", str(key)) in pending_ones(harness)


def test_with_a_filter_only_what_it_finds_waits_again(harness: Harness) -> None:
    key, paciente = harness.origem("select cd_atendimento, cd_paciente from dbamv.atendime where cd_atendimento <> cd_paciente limit 1")[0]
    other = 987654321
    with harness.runtime.fusion.begin() as con:
        for queue in ("abertura", "alta"):
            harness.runtime.fila(queue).refuse(con, {str(key): "x", str(other): "x"}, str(paciente))
        harness.runtime.fila("atualizacao_paciente").refuse(con, {str(key): "x"}, str(key))
    counts = Run("mv", reenviar_erros=True, atendimento=str(key)).do(QUEUE)
    assert (counts["reenviados"], counts["enfileirados"]) == (2, 0)
    assert pending_ones(harness) == {("abertura", str(key)), ("alta", str(key))}


def test_a_search_that_is_switched_off_finds_nothing(harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch, "mv", atualizacao_fila_pendencias={"habilitado": False})
    harness.change(3)
    assert Run("mv").do(QUEUE)["enfileirados"] == 0


def test_all_attendances_of_a_patient_that_fusion_asks_for_are_queued(harness: Harness) -> None:
    _, paciente = one(harness)
    ask_for(harness, paciente, 987654321)
    counts = Run("mv").do(ASKED)
    known = {str(k) for (k,) in harness.origem("select cd_atendimento from dbamv.atendime where cd_paciente = %s", paciente)}
    assert counts == {"pacientes": 2, "enfileirados": len(known)} and {k for _, k in pending_ones(harness)} == known
    assert harness.fila("select chave, situacao from PendenciaBuscaAtendimentos where situacao = 'erro'") == [("987654321", "erro")]


def test_a_second_try_takes_back_the_requests_of_the_first(harness: Harness) -> None:
    _, paciente = one(harness)
    ask_for(harness, paciente)
    run = Run("mv")
    first = run.dag.get_task(ASKED).row_owner(run.context(ASKED))
    assert harness.runtime.requests_fila().reserve(10, first, harness.runtime.integracao.delivery.prazo_reserva)
    assert run.do(ASKED)["pacientes"] == 0
    assert run.do(ASKED, attempt=2)["pacientes"] == 1


def test_requests_stay_where_their_step_is_switched_off(harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch, "mv", busca_atendimentos_paciente={"habilitado": False})
    ask_for(harness, one(harness)[1])
    with pytest.raises(AirflowSkipException, match="habilitado: false"):
        Run("mv").do(ASKED)
    assert harness.runtime.requests_fila().has_ready()

"""The initial load goes on where it stopped and leaves live traffic a seamless start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from include.fusion.change.initial_load import Checkpoint, InitialLoad
from include.fusion.settings.sections import CargaInicial
from include.fusion.store.filas import FilaItem, Outcome
from sandbox.postgres import Postgres
from tests.harness import Harness


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Path) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path, "esus_ab", 45)
    yield b
    b.close()


def initial(b: Harness, page: int = 10) -> InitialLoad:
    m = b.runtime
    return InitialLoad(m.queries, m.fusion, m.fila("carga_inicial"), m.watermarks("carga_inicial"), page=page, priority=9)


def load(carga: InitialLoad, until: int | None = None) -> list[int]:
    seen: list[int] = []

    def wait() -> None:
        if until is not None and len(seen) == until:
            raise KeyboardInterrupt

    carga.run(on_progress=lambda checkpoint: seen.append(checkpoint.feitos), wait=wait)
    return seen


def test_killed_load_resumes_behind_its_last_page(harness: Harness) -> None:
    with pytest.raises(KeyboardInterrupt):
        load(initial(harness), until=2)
    assert initial(harness).checkpoint().feitos == 20
    assert load(initial(harness)) == [30, 40, 45]
    assert harness.fila("select count(*), count(distinct chave) from ImportacaoAtendimento") == [(45, 45)]


def test_complete_load_does_nothing_until_told_to_begin_anew(harness: Harness) -> None:
    load(initial(harness))
    assert load(initial(harness)) == []
    initial(harness).restart()
    assert initial(harness).checkpoint() == Checkpoint()
    assert load(initial(harness))[-1] == 45


def test_a_run_that_asked_for_a_new_beginning_gets_it_once_however_often_it_is_tried(harness: Harness) -> None:
    load(initial(harness))
    initial(harness).restart("manual__1")
    with pytest.raises(KeyboardInterrupt):
        load(initial(harness), until=2)
    initial(harness).restart("manual__1")
    assert load(initial(harness)) == [30, 40, 45]
    initial(harness).restart("manual__2")
    assert load(initial(harness))[0] == 10


def test_history_then_live_traffic_equals_the_source(harness: Harness) -> None:
    harness.runtime.carga().mark_start()
    with pytest.raises(KeyboardInterrupt):
        load(initial(harness), until=2)
    harness.change(15)
    load(initial(harness))
    harness.deliver(processo="carga_inicial")
    harness.load()
    harness.deliver()
    assert harness.divergent() == []
    assert harness.duplicates() == []


def test_live_change_overtakes_the_history_of_the_same_patient(harness: Harness) -> None:
    harness.runtime.carga().mark_start()
    load(initial(harness))
    harness.change(5)
    harness.load()
    assert harness.deliver().enviados > 0


def test_delivery_of_the_history_waits_for_rows_whose_patient_is_in_other_hands(harness: Harness) -> None:
    load(initial(harness))
    fila = harness.runtime.fila()
    paciente = harness.fila("select chave, chave_paciente from ImportacaoAtendimento limit 1")[0]
    with harness.runtime.fusion.begin() as con:
        fila.enqueue(con, [FilaItem(*paciente)])
    stuck = fila.reserve(1, "outra", timedelta(minutes=1))

    def let_go() -> None:
        with harness.runtime.fusion.begin() as con:
            fila.record(con, "outra", [Outcome(stuck[0], "descartado")])

    loose = threading.Timer(1.5, let_go)
    loose.start()
    history = CargaInicial.of(harness.runtime.integracao.initial_load)
    harness.runtime.delivery(history, harness.client(), "teste/run/processamento#1|", [harness.runtime.via("carga_inicial")]).run()
    loose.join()
    assert not harness.runtime.fila("carga_inicial").has_open()

"""The queue among many hands at once, on a real PostgreSQL."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from include.fusion.store.filas import Fila, FilaItem, FilaRow, Outcome
from include.fusion.store.migrate import migrate

MINUTE = timedelta(minutes=1)


@pytest.fixture
def fila(engine: Engine) -> Fila:
    migrate(engine)
    return Fila(engine, 12, "importacao")


def separator(fila: Fila, items: Any) -> None:
    with fila._engine.begin() as con:
        fila.enqueue(con, items)


def at_the_same_time(*tasks: Callable[[], object]) -> None:
    """Run all at once; the first error of any is raised here."""
    errors: list[BaseException] = []

    def store(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as error:
            errors.append(error)

    fios = [threading.Thread(target=store, args=(t,)) for t in tasks]
    for fio in fios:
        fio.start()
    for fio in fios:
        fio.join(90)
    if errors:
        raise errors[0]


class Work:
    """Threads that drain queues and note, under one lock, what they saw."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.in_flight: set[str] = set()
        self.doubled_rows: list[str] = []
        self.ordem: dict[str, list[int]] = defaultdict(list)
        self.vezes: Counter[int] = Counter()

    def left(self, batch: list[FilaRow]) -> None:
        pacientes = {r.chave_paciente for r in batch}
        with self.lock:
            self.doubled_rows += pacientes & self.in_flight
            self.in_flight |= pacientes
            for r in batch:
                self.ordem[r.chave_paciente].append(r.id)
                self.vezes[r.id] += 1

    def drain(self, fila: Fila, owner: str) -> None:
        luck = random.Random(owner)
        while fila.tally()["pendente"] + fila.tally()["reservado"]:
            batch = fila.reserve(luck.choice([3, 10, 40]), owner, MINUTE)
            self.left(batch)
            with fila._engine.begin() as con:
                # Freed while their rows are still locked: whoever takes the patient next did so after this commit.
                with self.lock:
                    self.in_flight -= {r.chave_paciente for r in batch}
                fila.record(con, owner, [Outcome(r, "concluido") for r in batch])


def test_six_workers_deliver_every_row_once_and_each_patient_in_order(fila: Fila) -> None:
    other = Fila(fila._engine, 12, "carga")
    separator(fila, (FilaItem(str(n), f"p{n % 50}") for n in range(0, 3000, 2)))
    separator(other, (FilaItem(str(n), f"p{n % 50}") for n in range(1, 3000, 2)))
    obra = Work()
    at_the_same_time(*(lambda n=n: obra.drain((fila, other)[n % 2], f"w{n}") for n in range(6)))
    assert obra.doubled_rows == []
    assert len(obra.vezes) == 3000 and set(obra.vezes.values()) == {1}
    assert all(ids == sorted(ids) for ids in obra.ordem.values())


def test_two_reservers_get_different_rows(fila: Fila) -> None:
    separator(fila, (FilaItem(str(n)) for n in range(400)))
    batches: list[list[FilaRow]] = []
    at_the_same_time(*(lambda n=n: batches.append(fila.reserve(100, f"w{n}", MINUTE)) for n in range(4)))
    assert len({r.id for batch in batches for r in batch}) == 400


def test_a_row_locked_by_an_enqueuing_transaction_is_passed_over_with_those_behind_it(fila: Fila) -> None:
    separator(fila, (FilaItem(key, paciente, prioridade=9) for key, paciente in ("1p", "2p", "3p", "4q")))
    with fila._engine.begin() as con:
        fila.enqueue(con, [FilaItem("2", "p", prioridade=9)])
        assert [r.chave for r in fila.reserve(9, "a", MINUTE)] == ["1", "4"]


def test_a_change_that_commits_while_its_outcome_is_being_written_reopens_the_row(fila: Fila) -> None:
    separator(fila, [FilaItem("1", "p")])
    [record] = fila.reserve(1, "a", MINUTE)

    def conclude() -> None:
        with fila._engine.begin() as con:
            fila.record(con, "a", [Outcome(record, "concluido")])

    with fila._engine.begin() as con:
        fila.enqueue(con, [FilaItem("1", "p", "exclusao")])
        fio = threading.Thread(target=conclude)
        fio.start()
        time.sleep(0.3)
        assert fio.is_alive()
    fio.join(5)
    assert [r.operacao for r in fila.reserve(1, "b", MINUTE)] == ["exclusao"]


def test_a_change_that_waits_for_a_conclusion_gets_a_row_of_its_own(fila: Fila) -> None:
    separator(fila, [FilaItem("1", "p")])
    [record] = fila.reserve(1, "a", MINUTE)
    with fila._engine.begin() as con:
        fila.record(con, "a", [Outcome(record, "concluido")])
        fio = threading.Thread(target=separator, args=(fila, [FilaItem("1", "p")]))
        fio.start()
        time.sleep(0.3)
        assert fio.is_alive()
    fio.join(5)
    assert (fila.tally()["concluido"], fila.tally()["pendente"]) == (1, 1)


def test_an_owner_that_writes_at_its_last_moment_keeps_its_rows(fila: Fila) -> None:
    separator(fila, [FilaItem("1", "p")])
    [record] = fila.reserve(1, "a", timedelta(seconds=-1))
    with fila._engine.begin() as con:
        assert fila.record(con, "a", [Outcome(record, "concluido")]) == 1
        assert fila.reserve(1, "b", MINUTE) == []
    assert fila.tally()["concluido"] == 1


def test_a_reservation_sees_what_the_one_before_it_committed(fila: Fila, engine: Engine) -> None:
    teimosa = Fila(engine.execution_options(isolation_level="REPEATABLE READ"), 12, "importacao")
    separator(fila, [FilaItem("1", "p"), FilaItem("2", "p")])
    after: list[list[FilaRow]] = []
    with fila._engine.begin() as con:
        fila.scope.lock_reservation(con)
        fio = threading.Thread(target=lambda: after.append(teimosa.reserve(9, "b", MINUTE)))
        fio.start()
        time.sleep(0.2)
        con.execute(
            text("update ImportacaoAtendimento set situacao = 'reservado', reservado_ate = now() + interval '1 min' where chave = '1'")
        )
    fio.join(5)
    assert after == [[]]


def test_enqueuing_draining_renewing_and_cleaning_together_never_deadlock(fila: Fila) -> None:
    stop = threading.Event()
    delivered: Counter[str] = Counter()

    def change(semente: int) -> None:
        luck = random.Random(semente)
        for _ in range(60):
            keys = luck.sample(range(80), 40)
            separator(fila, [FilaItem(str(k), f"p{k % 20}") for k in keys])

    def deliver(owner: str) -> None:
        while not stop.is_set() or fila.tally()["pendente"]:
            batch = fila.reserve(15, owner, MINUTE)
            fila.renew(owner, MINUTE)
            with fila._engine.begin() as con:
                fila.record(con, owner, [Outcome(r, "concluido") for r in random.sample(batch, len(batch))])
            delivered.update(r.chave for r in batch)
            fila.clean(timedelta(), batch=50)

    def all_change() -> None:
        try:
            at_the_same_time(*(lambda n=n: change(n) for n in range(3)))
        finally:
            stop.set()

    at_the_same_time(all_change, lambda: deliver("a"), lambda: deliver("b"))
    assert len(delivered) == 80 and fila.tally()["reservado"] == 0

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

from include.fusion.store.filas import Desfecho, Fila, ItemFila, Registro
from include.fusion.store.migrate import migrar

MINUTO = timedelta(minutes=1)


@pytest.fixture
def fila(engine: Engine) -> Fila:
    migrar(engine)
    return Fila(engine, 12, "importacao")


def por(fila: Fila, itens: Any) -> None:
    with fila._engine.begin() as con:
        fila.enfileirar(con, itens)


def ao_mesmo_tempo(*tarefas: Callable[[], object]) -> None:
    """Run all at once; the first error of any is raised here."""
    erros: list[BaseException] = []

    def guardar(tarefa: Callable[[], object]) -> None:
        try:
            tarefa()
        except BaseException as erro:
            erros.append(erro)

    fios = [threading.Thread(target=guardar, args=(t,)) for t in tarefas]
    for fio in fios:
        fio.start()
    for fio in fios:
        fio.join(90)
    if erros:
        raise erros[0]


class Obra:
    """Threads that drain queues and note, under one lock, what they saw."""

    def __init__(self) -> None:
        self.trava = threading.Lock()
        self.em_voo: set[str] = set()
        self.dobrados: list[str] = []
        self.ordem: dict[str, list[int]] = defaultdict(list)
        self.vezes: Counter[int] = Counter()

    def saiu(self, lote: list[Registro]) -> None:
        pacientes = {r.chave_paciente for r in lote}
        with self.trava:
            self.dobrados += pacientes & self.em_voo
            self.em_voo |= pacientes
            for r in lote:
                self.ordem[r.chave_paciente].append(r.id)
                self.vezes[r.id] += 1

    def esvaziar(self, fila: Fila, dono: str) -> None:
        sorte = random.Random(dono)
        while fila.contar()["pendente"] + fila.contar()["reservado"]:
            lote = fila.reservar(sorte.choice([3, 10, 40]), dono, MINUTO)
            self.saiu(lote)
            with fila._engine.begin() as con:
                # Freed while their rows are still locked: whoever takes the patient next did so after this commit.
                with self.trava:
                    self.em_voo -= {r.chave_paciente for r in lote}
                fila.registrar(con, dono, [Desfecho(r, "concluido") for r in lote])


def test_six_workers_deliver_every_row_once_and_each_patient_in_order(fila: Fila) -> None:
    outra = Fila(fila._engine, 12, "carga")
    por(fila, (ItemFila(str(n), f"p{n % 50}") for n in range(0, 3000, 2)))
    por(outra, (ItemFila(str(n), f"p{n % 50}") for n in range(1, 3000, 2)))
    obra = Obra()
    ao_mesmo_tempo(*(lambda n=n: obra.esvaziar((fila, outra)[n % 2], f"w{n}") for n in range(6)))
    assert obra.dobrados == []
    assert len(obra.vezes) == 3000 and set(obra.vezes.values()) == {1}
    assert all(ids == sorted(ids) for ids in obra.ordem.values())


def test_two_reservers_get_different_rows(fila: Fila) -> None:
    por(fila, (ItemFila(str(n)) for n in range(400)))
    lotes: list[list[Registro]] = []
    ao_mesmo_tempo(*(lambda n=n: lotes.append(fila.reservar(100, f"w{n}", MINUTO)) for n in range(4)))
    assert len({r.id for lote in lotes for r in lote}) == 400


def test_a_row_locked_by_an_enqueuing_transaction_is_passed_over_with_those_behind_it(fila: Fila) -> None:
    por(fila, (ItemFila(chave, paciente, prioridade=9) for chave, paciente in ("1p", "2p", "3p", "4q")))
    with fila._engine.begin() as con:
        fila.enfileirar(con, [ItemFila("2", "p", prioridade=9)])
        assert [r.chave for r in fila.reservar(9, "a", MINUTO)] == ["1", "4"]


def test_a_change_that_commits_while_its_outcome_is_being_written_reopens_the_row(fila: Fila) -> None:
    por(fila, [ItemFila("1", "p")])
    [registro] = fila.reservar(1, "a", MINUTO)

    def concluir() -> None:
        with fila._engine.begin() as con:
            fila.registrar(con, "a", [Desfecho(registro, "concluido")])

    with fila._engine.begin() as con:
        fila.enfileirar(con, [ItemFila("1", "p", "exclusao")])
        fio = threading.Thread(target=concluir)
        fio.start()
        time.sleep(0.3)
        assert fio.is_alive()
    fio.join(5)
    assert [r.operacao for r in fila.reservar(1, "b", MINUTO)] == ["exclusao"]


def test_a_change_that_waits_for_a_conclusion_gets_a_row_of_its_own(fila: Fila) -> None:
    por(fila, [ItemFila("1", "p")])
    [registro] = fila.reservar(1, "a", MINUTO)
    with fila._engine.begin() as con:
        fila.registrar(con, "a", [Desfecho(registro, "concluido")])
        fio = threading.Thread(target=por, args=(fila, [ItemFila("1", "p")]))
        fio.start()
        time.sleep(0.3)
        assert fio.is_alive()
    fio.join(5)
    assert (fila.contar()["concluido"], fila.contar()["pendente"]) == (1, 1)


def test_an_owner_that_writes_at_its_last_moment_keeps_its_rows(fila: Fila) -> None:
    por(fila, [ItemFila("1", "p")])
    [registro] = fila.reservar(1, "a", timedelta(seconds=-1))
    with fila._engine.begin() as con:
        assert fila.registrar(con, "a", [Desfecho(registro, "concluido")]) == 1
        assert fila.reservar(1, "b", MINUTO) == []
    assert fila.contar()["concluido"] == 1


def test_a_reservation_sees_what_the_one_before_it_committed(fila: Fila, engine: Engine) -> None:
    teimosa = Fila(engine.execution_options(isolation_level="REPEATABLE READ"), 12, "importacao")
    por(fila, [ItemFila("1", "p"), ItemFila("2", "p")])
    depois: list[list[Registro]] = []
    with fila._engine.begin() as con:
        fila.escopo.travar_reserva(con)
        fio = threading.Thread(target=lambda: depois.append(teimosa.reservar(9, "b", MINUTO)))
        fio.start()
        time.sleep(0.2)
        con.execute(
            text("update ImportacaoAtendimento set situacao = 'reservado', reservado_ate = now() + interval '1 min' where chave = '1'")
        )
    fio.join(5)
    assert depois == [[]]


def test_enqueuing_draining_renewing_and_cleaning_together_never_deadlock(fila: Fila) -> None:
    parar = threading.Event()
    entregues: Counter[str] = Counter()

    def mudar(semente: int) -> None:
        sorte = random.Random(semente)
        for _ in range(60):
            chaves = sorte.sample(range(80), 40)
            por(fila, [ItemFila(str(k), f"p{k % 20}") for k in chaves])

    def entregar(dono: str) -> None:
        while not parar.is_set() or fila.contar()["pendente"]:
            lote = fila.reservar(15, dono, MINUTO)
            fila.renovar(dono, MINUTO)
            with fila._engine.begin() as con:
                fila.registrar(con, dono, [Desfecho(r, "concluido") for r in random.sample(lote, len(lote))])
            entregues.update(r.chave for r in lote)
            fila.limpar(timedelta(), lote=50)

    def todos_mudam() -> None:
        try:
            ao_mesmo_tempo(*(lambda n=n: mudar(n) for n in range(3)))
        finally:
            parar.set()

    ao_mesmo_tempo(todos_mudam, lambda: entregar("a"), lambda: entregar("b"))
    assert len(entregues) == 80 and fila.contar()["reservado"] == 0

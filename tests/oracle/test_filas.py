"""The hub's own queue on Oracle: the script that a DBA gets, then the rules that the queue keeps on PostgreSQL, one by one.

A batch has one row of a patient here, where PostgreSQL's has several: those tests stay PostgreSQL's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, text

from include.fusion.store.filas import Desfecho, Fila, ItemFila
from include.fusion.store.migrate import SQL
from tests.integration import test_filas as postgresql
from tests.oracle.apoio import Servidor, Tabelas, comandos

SO_POSTGRESQL = {
    "test_rows_of_one_patient_travel_in_one_batch_and_in_order",
    "test_one_patient_does_not_fill_a_batch",
    "test_smaller_priority_goes_first_even_within_a_patient",
}
# The stand-in loses its place in a message of ten thousand rows.
SO_ORACLE = {"test_many_items_go_through_copy_and_coalesce_across_blocks"} if not os.environ.get("ORACLE_TEST_DSN") else set()
MINUTO = timedelta(minutes=1)

globals().update({n: v for n, v in vars(postgresql).items() if n.startswith("test_") and n not in SO_POSTGRESQL | SO_ORACLE})


@pytest.fixture(scope="module")
def hub(motor: Engine, servidor: Servidor, tabelas: Tabelas) -> Engine:
    script = list(comandos((SQL / "oracle.sql").read_text(encoding="utf-8")))
    temporarias = [c for c in script if servidor.imitado and c.startswith("CREATE GLOBAL TEMPORARY TABLE")]
    tabelas.criar(c for c in script if c not in temporarias)
    # On the stand-in a temporary table is PostgreSQL's and ends with its session; on Oracle it is made once, for all.
    for comando in temporarias:
        event.listen(motor, "connect", lambda con, _registro, comando=comando: con.cursor().execute(comando))
    motor.dispose()
    return motor


@pytest.fixture
def fila(hub: Engine) -> Iterator[Fila]:
    yield Fila(hub, 12, "importacao")
    with hub.begin() as con:
        for tabela in ("ImportacaoAtendimento", "trava_fila"):
            con.execute(text(f"delete from {tabela}"))


def test_many_changes_of_few_keys_coalesce_in_one_call(fila: Fila) -> None:
    with fila._engine.begin() as con:
        assert fila.enfileirar(con, (ItemFila(str(n % 500), f"p{n % 500}") for n in range(3000))) == 500
    assert fila.contar()["pendente"] == 500


def _seis(tarefa: object) -> None:
    fios = [threading.Thread(target=tarefa, args=(n,)) for n in range(6)]  # type: ignore[arg-type]
    for fio in fios:
        fio.start()
    for fio in fios:
        fio.join(60)


def test_six_workers_lock_different_rows(fila: Fila) -> None:
    with fila._engine.begin() as con:
        fila.enfileirar(con, (ItemFila(str(n)) for n in range(120)))
    travadas: dict[int, list[int]] = {}
    antes, todos = threading.Barrier(6), threading.Barrier(6)

    def travar(n: int) -> None:
        with fila._engine.connect() as con:
            antes.wait(30)
            ids = con.execute(text("select id from ImportacaoAtendimento where processo = 'importacao' for update skip locked"))
            travadas[n] = [linha[0] for linha in ids]
            todos.wait(30)

    _seis(travar)
    vistas = [i for ids in travadas.values() for i in ids]
    assert len(travadas) == 6 and len(vistas) == len(set(vistas)) == 120


def test_six_workers_deliver_every_row_once(fila: Fila) -> None:
    with fila._engine.begin() as con:
        fila.enfileirar(con, (ItemFila(str(n), f"p{n % 40}") for n in range(240)))
    entregues: list[int] = []

    def esvaziar(n: int) -> None:
        while fila.contar()["pendente"]:
            lote = fila.reservar(20, f"w{n}", MINUTO)
            with fila._engine.begin() as con:
                fila.registrar(con, f"w{n}", [Desfecho(r, "concluido") for r in lote])
            entregues.extend(r.id for r in lote)

    _seis(esvaziar)
    assert len(entregues) == len(set(entregues)) == 240

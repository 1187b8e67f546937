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

from include.fusion.store.filas import Fila, FilaItem, Outcome
from include.fusion.store.migrate import SQL
from tests.integration.store.filas import test_fila as postgresql
from tests.oracle.helpers import Server, Tables, commands

SO_POSTGRESQL = {
    "test_rows_of_one_patient_travel_in_one_batch_and_in_order",
    "test_one_patient_does_not_fill_a_batch",
    "test_smaller_priority_goes_first_even_within_a_patient",
}
# The stand-in loses its place in a message of ten thousand rows.
SO_ORACLE = {"test_many_items_go_through_copy_and_coalesce_across_blocks"} if not os.environ.get("ORACLE_TEST_DSN") else set()
MINUTE = timedelta(minutes=1)

globals().update({n: v for n, v in vars(postgresql).items() if n.startswith("test_") and n not in SO_POSTGRESQL | SO_ORACLE})


@pytest.fixture(scope="module")
def hub(engine: Engine, server: Server, tables: Tables) -> Engine:
    script = list(commands((SQL / "oracle.sql").read_text(encoding="utf-8")))
    temporarias = [c for c in script if server.imitated and c.startswith("CREATE GLOBAL TEMPORARY TABLE")]
    tables.create(c for c in script if c not in temporarias)
    # On the stand-in a temporary table is PostgreSQL's and ends with its session; on Oracle it is made once, for all.
    for statement in temporarias:
        event.listen(engine, "connect", lambda con, _record, command=statement: con.cursor().execute(command))
    engine.dispose()
    return engine


@pytest.fixture
def fila(hub: Engine) -> Iterator[Fila]:
    yield Fila(hub, 12, "importacao")
    with hub.begin() as con:
        for table in ("ImportacaoAtendimento", "trava_fila"):
            con.execute(text(f"delete from {table}"))


def test_many_changes_of_few_keys_coalesce_in_one_call(fila: Fila) -> None:
    with fila._engine.begin() as con:
        assert fila.enqueue(con, (FilaItem(str(n % 500), f"p{n % 500}") for n in range(3000))) == 500
    assert fila.tally()["pendente"] == 500


def _six(task: object) -> None:
    fios = [threading.Thread(target=task, args=(n,)) for n in range(6)]  # type: ignore[arg-type]
    for fio in fios:
        fio.start()
    for fio in fios:
        fio.join(60)


def test_six_workers_lock_different_rows(fila: Fila) -> None:
    with fila._engine.begin() as con:
        fila.enqueue(con, (FilaItem(str(n)) for n in range(120)))
    travadas: dict[int, list[int]] = {}
    before, everything = threading.Barrier(6), threading.Barrier(6)

    def lock(n: int) -> None:
        with fila._engine.connect() as con:
            before.wait(30)
            ids = con.execute(text("select id from ImportacaoAtendimento where processo = 'importacao' for update skip locked"))
            travadas[n] = [row[0] for row in ids]
            everything.wait(30)

    _six(lock)
    seen = [i for ids in travadas.values() for i in ids]
    assert len(travadas) == 6 and len(seen) == len(set(seen)) == 120


def test_six_workers_deliver_every_row_once(fila: Fila) -> None:
    with fila._engine.begin() as con:
        fila.enqueue(con, (FilaItem(str(n), f"p{n % 40}") for n in range(240)))
    delivered: list[int] = []

    def drain(n: int) -> None:
        while fila.tally()["pendente"]:
            batch = fila.reserve(20, f"w{n}", MINUTE)
            with fila._engine.begin() as con:
                fila.record(con, f"w{n}", [Outcome(r, "concluido") for r in batch])
            delivered.extend(r.id for r in batch)

    _six(drain)
    assert len(delivered) == len(set(delivered)) == 240

"""Watermarks and what was seen inside the overlap window."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, text

from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.migrate import migrate
from include.fusion.store.watermarks import Watermark, Watermarks


@pytest.fixture
def watermarks(engine: Engine) -> Watermarks:
    migrate(engine)
    return Watermarks(engine, 12, "carga")


def test_a_mark_is_read_back_with_its_tie_break_and_detail(engine: Engine, watermarks: Watermarks) -> None:
    with engine.begin() as con:
        assert watermarks.lock(con, "atendimento") is None
        watermarks.write(con, "atendimento", Watermark("2026-01-01T00:00:00", "k1"))
        watermarks.write(con, "atendimento", Watermark("2026-01-02T00:00:00", "k2", detalhe={"lidos": 3}))
        read_row = watermarks.lock(con, "atendimento")
        assert read_row and (read_row.marcador, read_row.chave, read_row.detalhe) == ("2026-01-02T00:00:00", "k2", {"lidos": 3})
        assert read_row.executado_em and read_row.executado_em.tzinfo and watermarks.read(con, "outra") is None


def test_mark_and_enqueued_rows_roll_back_together(engine: Engine, watermarks: Watermarks) -> None:
    fila = Fila(engine, 12, "importacao")
    with engine.connect() as con:
        fila.enqueue(con, (FilaItem(str(n)) for n in range(3000)))
        watermarks.write(con, "atendimento", Watermark("m"))
        con.rollback()
    with engine.connect() as con:
        assert (watermarks.read(con, "atendimento"), fila.tally()["pendente"]) == (None, 0)


def test_a_second_load_of_an_origin_waits_for_the_first(engine: Engine, watermarks: Watermarks) -> None:
    read_rows: list[Watermark | None] = []

    def second_time() -> None:
        with engine.begin() as con:
            read_rows.append(watermarks.lock(con, "atendimento"))

    with engine.begin() as con:
        watermarks.lock(con, "atendimento")
        other = threading.Thread(target=second_time)
        other.start()
        other.join(0.3)
        assert other.is_alive()
        watermarks.write(con, "atendimento", Watermark("m"))
    other.join(5)
    assert read_rows[0] and read_rows[0].marcador == "m"


def test_seen_rows_are_known_until_pruned(engine: Engine, watermarks: Watermarks) -> None:
    with engine.begin() as con:
        watermarks.mark_seen(con, "a", [("1", "2026-01-01"), ("2", "2026-01-03")])
        watermarks.mark_seen(con, "a", [("1", "2026-01-01"), ("1", "2026-01-02")])
        watermarks.mark_seen(con, "a", [])
        assert watermarks.seen(con, "a", ["1", "3"]) == {("1", "2026-01-01"), ("1", "2026-01-02")}
        assert watermarks.prune(con, "a", "2026-01-03") == 2
        assert watermarks.seen(con, "a", ["1", "2"]) == {("2", "2026-01-03")}
        assert watermarks.seen(con, "b", ["2"]) == set()


def test_each_kind_of_fact_has_its_name_and_none_is_read_as_another(engine: Engine, watermarks: Watermarks) -> None:
    with engine.begin() as con:
        assert (watermarks.done_at(con, "ronda"), watermarks.checkpoint(con), watermarks.sick_since(con, "a")) == (None, {}, None)
        watermarks.done(con, "ronda")
        watermarks.save_checkpoint(con, "7", {"chave": "7", "feitos": 3})
        watermarks.note_health(con, "a", sick=True)
        watermarks.write(con, "a", Watermark("m", "k").settled("2/m"))
    with engine.begin() as con:
        assert watermarks.done_at(con, "ronda") and watermarks.checkpoint(con) == {"chave": "7", "feitos": 3}
        assert watermarks.sick_since(con, "a", lock=True)
        watermarks.note_health(con, "a", sick=False)
        read_row = watermarks.read(con, "a")
        assert watermarks.sick_since(con, "a") is None and read_row and (read_row.marcador, read_row.in_window) == ("m", "2/m")
        names = con.execute(text("select origem from marca_dagua order by origem")).scalars().all()
    # As the rows of running sites are called.
    assert names == ["a", "encolhida:a", "historico", "ronda"]

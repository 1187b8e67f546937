"""Watermarks and what was seen inside the overlap window."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, text

from include.fusion.store.filas import Fila, ItemFila
from include.fusion.store.migrate import migrar
from include.fusion.store.watermarks import Marca, Marcas


@pytest.fixture
def marcas(engine: Engine) -> Marcas:
    migrar(engine)
    return Marcas(engine, 12, "carga")


def test_a_mark_is_read_back_with_its_tie_break_and_detail(engine: Engine, marcas: Marcas) -> None:
    with engine.begin() as con:
        assert marcas.travar(con, "atendimento") is None
        marcas.gravar(con, "atendimento", Marca("2026-01-01T00:00:00", "k1"))
        marcas.gravar(con, "atendimento", Marca("2026-01-02T00:00:00", "k2", detalhe={"lidos": 3}))
        lida = marcas.travar(con, "atendimento")
        assert lida and (lida.marcador, lida.chave, lida.detalhe) == ("2026-01-02T00:00:00", "k2", {"lidos": 3})
        assert lida.executado_em and lida.executado_em.tzinfo and marcas.ler(con, "outra") is None


def test_mark_and_enqueued_rows_roll_back_together(engine: Engine, marcas: Marcas) -> None:
    fila = Fila(engine, 12, "importacao")
    with engine.connect() as con:
        fila.enfileirar(con, (ItemFila(str(n)) for n in range(3000)))
        marcas.gravar(con, "atendimento", Marca("m"))
        con.rollback()
    with engine.connect() as con:
        assert (marcas.ler(con, "atendimento"), fila.contar()["pendente"]) == (None, 0)


def test_a_second_load_of_an_origin_waits_for_the_first(engine: Engine, marcas: Marcas) -> None:
    lidas: list[Marca | None] = []

    def segunda() -> None:
        with engine.begin() as con:
            lidas.append(marcas.travar(con, "atendimento"))

    with engine.begin() as con:
        marcas.travar(con, "atendimento")
        outra = threading.Thread(target=segunda)
        outra.start()
        outra.join(0.3)
        assert outra.is_alive()
        marcas.gravar(con, "atendimento", Marca("m"))
    outra.join(5)
    assert lidas[0] and lidas[0].marcador == "m"


def test_seen_rows_are_known_until_pruned(engine: Engine, marcas: Marcas) -> None:
    with engine.begin() as con:
        marcas.marcar_vistas(con, "a", [("1", "2026-01-01"), ("2", "2026-01-03")])
        marcas.marcar_vistas(con, "a", [("1", "2026-01-01"), ("1", "2026-01-02")])
        marcas.marcar_vistas(con, "a", [])
        assert marcas.vistas(con, "a", ["1", "3"]) == {("1", "2026-01-01"), ("1", "2026-01-02")}
        assert marcas.podar(con, "a", "2026-01-03") == 2
        assert marcas.vistas(con, "a", ["1", "2"]) == {("2", "2026-01-03")}
        assert marcas.vistas(con, "b", ["2"]) == set()


def test_each_kind_of_fact_has_its_name_and_none_is_read_as_another(engine: Engine, marcas: Marcas) -> None:
    with engine.begin() as con:
        assert (marcas.done_at(con, "ronda"), marcas.checkpoint(con), marcas.sick_since(con, "a")) == (None, {}, None)
        marcas.done(con, "ronda")
        marcas.save_checkpoint(con, "7", {"chave": "7", "feitos": 3})
        marcas.note_health(con, "a", sick=True)
        marcas.gravar(con, "a", Marca("m", "k").settled("2/m"))
    with engine.begin() as con:
        assert marcas.done_at(con, "ronda") and marcas.checkpoint(con) == {"chave": "7", "feitos": 3}
        assert marcas.sick_since(con, "a", lock=True)
        marcas.note_health(con, "a", sick=False)
        lida = marcas.ler(con, "a")
        assert marcas.sick_since(con, "a") is None and lida and (lida.marcador, lida.na_janela) == ("m", "2/m")
        nomes = con.execute(text("select origem from marca_dagua order by origem")).scalars().all()
    # As the rows of running sites are called.
    assert nomes == ["a", "encolhida:a", "historico", "ronda"]

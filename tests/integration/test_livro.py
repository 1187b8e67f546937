"""The delivery ledger."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from include.fusion.store.ledger import Entrega, Livro
from include.fusion.store.migrate import migrar
from include.fusion.store.unmapped_codes import somar_faltantes


@pytest.fixture
def livro(engine: Engine) -> Livro:
    migrar(engine)
    return Livro(engine, 12)


def test_new_content_takes_the_next_number_and_a_repeated_send_keeps_its_own(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        assert livro.anunciar(con, [("1", "a")]) == livro.anunciar(con, [("1", "a")]) == {"1": 1}
        assert livro.anunciar(con, [("1", "b")]) == {"1": 2}
        assert livro.anunciar(con, [("1", "a")]) == {"1": 3}


def test_confirmed_content_is_known_and_the_same_again_takes_a_new_number(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        livro.anunciar(con, [("1", "a")])
        livro.gravar(con, [("1", "a", "envio")])
        assert livro.ler(con, ["1", "2"]) == {"1": Entrega("a", 1, "envio", None)}
        assert livro.anunciar(con, [("1", "a")]) == {"1": 2}


def test_unconfirmed_content_leaves_nothing_certain(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        livro.anunciar(con, [("1", "a")])
        nunca = livro.ler(con, ["1"])["1"]
        livro.gravar(con, [("1", "a", "envio")])
        livro.anunciar(con, [("1", "b")])
        duvida = livro.ler(con, ["1"])["1"]
        livro.retirar(con, ["1"])
        recusada = livro.ler(con, ["1"])["1"]
    assert not nunca.cancelado and not duvida.tem("a") and recusada.tem("a")


def test_forgetting_keeps_the_sequence(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        livro.gravar(con, [("1", "v1", "envio")])
        assert livro.esquecer(con, ["1", "9"]) == 1
        assert livro.ler(con, ["1"]) == {"1": Entrega(None, 1, "envio", None)}


def test_the_idempotency_key_names_integration_kind_and_number(livro: Livro) -> None:
    chave = livro.chave_idempotencia("1", "v", 2)
    assert chave.startswith("12-atendimento-2-") and len(chave.rsplit("-", 1)[1]) == 40


def test_ledgers_of_two_integrations_are_apart(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        livro.gravar(con, [("1", "v1", "inclusao")])
        assert Livro(engine, 13).ler(con, ["1"]) == {} == Livro(engine, 12, "paciente").ler(con, ["1"])


def test_thousands_of_keys_fit_one_call(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        livro.gravar(con, ((str(n), "v", "alteracao") for n in range(2500)))
        assert len(livro.ler(con, map(str, range(3000)))) == 2500


def test_missing_codes_add_up(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        somar_faltantes(con, 12, {("sexo", "X"): 2})
        somar_faltantes(con, 12, {("sexo", "X"): 3, ("raca", "9"): 1})
        assert con.execute(text("select codigo, ocorrencias from codigo_sem_depara order by 1")).all() == [("9", 1), ("X", 5)]

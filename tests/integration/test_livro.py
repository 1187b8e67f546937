"""The delivery ledger."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from include.fusion.livro import Entrega, Livro, somar_faltantes
from include.fusion.migracoes import migrar


@pytest.fixture
def livro(engine: Engine) -> Livro:
    migrar(engine)
    return Livro(engine, 12)


def test_each_delivery_moves_the_sequence_on(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        livro.gravar(con, [("1", "v1", "inclusao"), ("2", None, "exclusao")])
        livro.gravar(con, [("1", "v2", "alteracao")])
        assert livro.ler(con, ["1", "2", "3"]) == {"1": Entrega("v2", 2, "alteracao"), "2": Entrega(None, 1, "exclusao")}


def test_forgetting_keeps_the_sequence(engine: Engine, livro: Livro) -> None:
    with engine.begin() as con:
        livro.gravar(con, [("1", "v1", "inclusao")])
        assert livro.esquecer(con, ["1", "9"]) == 1
        assert livro.ler(con, ["1"]) == {"1": Entrega(None, 1, "inclusao")}


def test_the_idempotency_key_is_stable_until_the_delivery_is_noted(livro: Livro) -> None:
    primeira = livro.chave_idempotencia("1", "inclusao", "v", None)
    assert primeira == livro.chave_idempotencia("1", "inclusao", "v", None)
    assert primeira.startswith("12-atendimento-1-") and len(primeira.rsplit("-", 1)[1]) == 40
    assert livro.chave_idempotencia("1", "inclusao", "v", Entrega("v", 1, "inclusao")).startswith("12-atendimento-2-")


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

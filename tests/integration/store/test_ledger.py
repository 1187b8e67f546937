"""The delivery ledger."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from include.fusion.store.ledger import Ledger, LedgerEntry
from include.fusion.store.unmapped_codes import add_unmapped


@pytest.fixture
def engine(migrated: Engine) -> Engine:
    return migrated


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine, 12)


def test_new_content_takes_the_next_number_and_a_repeated_send_keeps_its_own(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as con:
        first, again, second, third = (ledger.announce(con, [("1", content)])["1"] for content in "aaba")
    assert first == again < second < third


def test_confirmed_content_is_known_and_the_same_again_takes_a_new_number(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as con:
        number = ledger.announce(con, [("1", "a")])["1"]
        ledger.write(con, [("1", "a", "envio")])
        assert ledger.read(con, ["1", "2"]) == {"1": LedgerEntry("a", number, "envio", None)}
        assert ledger.announce(con, [("1", "a")])["1"] > number


def test_unconfirmed_content_leaves_nothing_certain(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as con:
        ledger.announce(con, [("1", "a")])
        nunca = ledger.read(con, ["1"])["1"]
        ledger.write(con, [("1", "a", "envio")])
        ledger.announce(con, [("1", "b")])
        duvida = ledger.read(con, ["1"])["1"]
        ledger.withdraw(con, ["1"])
        refused = ledger.read(con, ["1"])["1"]
    assert not nunca.cancelled and not duvida.has("a") and refused.has("a")


def test_forgetting_keeps_the_sequence(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as con:
        ledger.write(con, [("1", "v1", "envio")])
        assert ledger.forget(con, ["1", "9"]) == 1
        assert ledger.read(con, ["1"]) == {"1": LedgerEntry(None, 1, "envio", None)}


def test_the_idempotency_key_names_integration_kind_and_number(ledger: Ledger) -> None:
    key = ledger.idempotency_key("1", "v", 2)
    assert key.startswith("12-atendimento-2-") and len(key.rsplit("-", 1)[1]) == 40


def test_ledgers_of_two_integrations_are_apart(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as con:
        ledger.write(con, [("1", "v1", "inclusao")])
        assert Ledger(engine, 13).read(con, ["1"]) == {} == Ledger(engine, 12, "paciente").read(con, ["1"])


def test_thousands_of_keys_fit_one_call(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as con:
        ledger.write(con, ((str(n), "v", "alteracao") for n in range(2500)))
        assert len(ledger.read(con, map(str, range(3000)))) == 2500


def test_missing_codes_add_up(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as con:
        add_unmapped(con, 12, {("sexo", "X"): 2})
        add_unmapped(con, 12, {("sexo", "X"): 3, ("raca", "9"): 1})
        assert con.execute(text("select codigo, ocorrencias from codigo_sem_depara order by 1")).all() == [("9", 1), ("X", 5)]

"""TrackCare on the sandbox: every message of a history, changes, bad input, both ways to keep dates."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from include.fusion.hl7.build.message import Hl7Message
from include.fusion.hl7.check.check import check_message
from include.fusion.sistemas.trackcare.context import day, moment
from include.fusion.sistemas.trackcare.system import MessagePlan
from sandbox.origens import trackcare as origin
from sandbox.origens.trackcare import simulador
from sandbox.postgres import Postgres
from tests.integration.sistemas.trackcare.helpers import COUNT, ZONE, Home, events, nos_dois
from tests.unit.hl7.build.test_message import oracle_text

PACIENTES = range(1, COUNT * 4 // 10 + 1)


pytest_plugins = ["tests.integration.sistemas.trackcare.fixtures"]


@pytest.fixture(scope="module")
def history(decimals: dict[bool, Home]) -> dict[bool, list[Hl7Message]]:
    made: dict[bool, list[Hl7Message]] = {}
    for horolog, home in decimals.items():
        plans = home.plans(PACIENTES)
        assert all(isinstance(p, MessagePlan) and not p.refusals for p in plans.values()), {
            str(p) for p in plans.values() if not isinstance(p, MessagePlan)
        }
        made[horolog] = [m for p in plans.values() for m in home.send_plan(p)]
    return made


# --- a history -----------------------------------------------------------------------------------------------------------


def test_iso_dates_and_horolog_integers_give_the_same_bytes(history: dict[bool, list[Hl7Message]]) -> None:
    assert [m.body for m in history[False]] == [m.body for m in history[True]]


def test_every_message_of_a_history_passes_our_checker(history: dict[bool, list[Hl7Message]]) -> None:
    assert {e for m in history[False] for e in [m.event]} == {"A01", "A02", "A03", "A31", "A40", "A60", "O11", "R01", "S12", "T02"}
    assert [a for m in history[False] for a in check_message(m.body)] == []
    assert len({m.controle for m in history[False]}) == len(history[False])


def test_a_sample_of_every_event_passes_the_independent_library(history: dict[bool, list[Hl7Message]], tmp_path: Path) -> None:
    rand = random.Random(3)
    for event in sorted(set(events(history[False]))):
        for m in rand.sample([m for m in history[False] if m.event == event], 1 if event == "A40" else 3):
            # The specialty's and the race's tables are each site's own.
            assert [line for line in oracle_text(m, tmp_path).splitlines() if "HL70069" not in line] == []


def test_what_was_sent_is_not_sent_again(decimals: dict[bool, Home], history: dict[bool, list[Hl7Message]]) -> None:
    plans = decimals[False].plans(PACIENTES)
    assert [m for p in plans.values() for m in decimals[False].send_plan(p)] == []


def test_a_patient_that_is_not_there_is_none(home: Home) -> None:
    assert home.plans([10**9, "x"])["1000000000"] is None
    assert isinstance(home.plans(["x"])["x"], Exception)


# --- changes ---------------------------------------------------------------------------------------------------------------


@nos_dois
def test_a_stay_from_the_first_day_to_the_last(home: Home) -> None:
    paciente, adm = home.inpatient()
    assert events(home.dispatch(paciente)) == ["A31", "A01"]
    h = home.hospital
    simulador.sinais(h, adm)
    simulador.note(h, adm, "evolução")
    assert sorted(events(home.dispatch(paciente))) == ["R01", "T02"]
    dia_, hour = h.c.pair(h.now)
    h.change("pa_adm", "paadm_rowid", adm, paadm_visitstatus="D", paadm_dischgdate=dia_, paadm_dischgtime=hour)
    assert events(home.dispatch(paciente)) == ["A03"]
    h.change("pa_adm", "paadm_rowid", adm, paadm_visitstatus="A", paadm_dischgdate=None, paadm_dischgtime=None)
    assert events(home.dispatch(paciente)) == ["A13"]
    h.change("pa_adm", "paadm_rowid", adm, paadm_visitstatus="C")
    assert events(home.dispatch(paciente)) == ["A11"] and home.dispatch(paciente) == []


def test_what_was_entered_in_error_is_taken_back(home: Home) -> None:
    paciente, adm = home.inpatient()
    h = home.hospital
    note = simulador.note(h, adm)
    home.dispatch(paciente)
    h.change("mr_nursingnotes", "not_rowid", note, not_errorreason_dr=3)
    (m,) = home.dispatch(paciente)
    assert m.event == "T02" and b"|CA\r" in m.body


@nos_dois
def test_a_merge_moves_everything_and_says_so(home: Home) -> None:
    h = home.hospital
    merged_id, survivor = h.new_paciente(), h.new_paciente()
    h.new_episode(merged_id, "E")
    assert "A01" in events(home.dispatch(merged_id)) and events(home.dispatch(survivor)) == ["A31"]
    h.cur.execute("update sqluser.pa_adm set paadm_papmi_dr = %s where paadm_papmi_dr = %s", (survivor, merged_id))
    h.insert("pa_mergepatient", (h.new("pa_mergepatient"), merged_id, survivor, *h.c.pair(h.now), 1))
    assert events(home.dispatch(merged_id)) == ["A40"]
    # Fusion may not know A40: the visit itself says whose it is now.
    assert events(home.dispatch(survivor)) == ["A08"]


@nos_dois
def test_whatever_happens_the_last_word_is_what_the_source_says(home: Home) -> None:
    tocados: set[str] = set()
    for _ in range(120):
        change = origin.change(home.con, home.rng)
        home.con.commit()
        tocados.add(change.chave)
        if home.rng.random() < 0.3:
            home.send_plan(home.plano(int(change.chave)))
    for plan in home.plans(sorted(tocados)).values():
        assert isinstance(plan, MessagePlan)
        for m in home.send_plan(plan):
            assert [a for a in check_message(m.body) if a.level == "erro"] == []
    assert [m for p in home.plans(sorted(tocados)).values() for m in home.send_plan(p)] == []


# --- bad input -------------------------------------------------------------------------------------------------------------


def _result(home: Home, kind: str) -> tuple[Any, list[str]]:
    """(what became of the patient, reasons that stayed behind) after one bad change."""
    change = origin.change_invalid(home.con, home.rng, kind)
    plan = home.plans([change.chave])[change.chave]
    if not isinstance(plan, MessagePlan):
        return None, [str(plan)]
    refusals = list(plan.refusals)
    try:
        messages = home.send_plan(plan)
    except Exception as error:
        return None, [*refusals, str(error)]
    return messages, refusals


@nos_dois
@pytest.mark.parametrize("tipo", origin.STRANGE)
def test_odd_input_arrives_whole(home: Home, tipo: str) -> None:
    messages, reasons = _result(home, tipo)
    assert reasons == [] and messages
    assert [a for m in messages for a in check_message(m.body) if a.level == "erro"] == []


@nos_dois
def test_an_impossible_day_in_one_row_holds_back_nobody_else(home: Home, dsns: dict[bool, str]) -> None:
    bad = origin.change_invalid(home.con, home.rng, "data_impossivel").chave
    bom, _ = home.inpatient()
    read_items = home.plans([bad, bom])
    assert isinstance(read_items[str(bom)], MessagePlan) and read_items[str(bom)].refusals == ()


# --- the sandbox itself ----------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_history(postgres: Postgres) -> None:
    sums = []
    for n in range(2):
        dsn = postgres.create_database(f"trackcare_semente_{n}")
        origin.create(dsn)
        origin.create(dsn)
        origin.generate(dsn, 200, 5)
        con = psycopg2.connect(dsn)
        with con.cursor() as cur:
            cur.execute("select md5(string_agg(p::text, '|' order by paper_rowid)) from sqluser.pa_person p")
            persons = cur.fetchone()
            cur.execute("select md5(string_agg(o::text, '|' order by obs_rowid)) from sqluser.mr_observations o")
            sums.append((persons, cur.fetchone()))
        con.close()
    assert sums[0] == sums[1]


def test_horolog_columns_are_integers_and_mean_the_same_day(decimals: dict[bool, Home]) -> None:
    (raw,) = decimals[True].sql("select paadm_admdate, paadm_admtime from sqluser.pa_adm where paadm_rowid = 1")
    (iso,) = decimals[False].sql("select paadm_admdate, paadm_admtime from sqluser.pa_adm where paadm_rowid = 1")
    assert isinstance(raw[0], int) and day(raw[0], "x") == iso[0]
    assert moment(raw[0], raw[1], ZONE, "x") == moment(iso[0], iso[1], ZONE, "x")


def test_the_expected_state_lists_every_person_once_in_order(home: Home) -> None:
    expected = list(origin.keys(home.con))
    assert [int(e.chave) for e in expected] == sorted({int(e.chave) for e in expected})
    unificados = {str(p) for (p,) in home.sql("select mrg_papmi_from_dr from sqluser.pa_mergepatient")}
    assert {e.chave for e in expected if e.operacao == "exclusao"} == unificados

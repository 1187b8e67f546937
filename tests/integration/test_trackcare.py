"""TrackCare on the sandbox: every message of a history, changes, bad input, both ways to keep dates."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.hl7.check.check import conferir
from include.fusion.sistemas.trackcare.context import dia, momento
from include.fusion.sistemas.trackcare.system import Plano
from sandbox.origens import trackcare as origem
from sandbox.origens.trackcare import simulador
from sandbox.postgres import Postgres
from tests.integration.trackcare_apoio import FUSO, QUANTOS, Casa, eventos, nos_dois
from tests.unit.test_hl7_mensagens import oraculo

PACIENTES = range(1, QUANTOS * 4 // 10 + 1)


pytest_plugins = ["tests.integration.trackcare_pecas"]


@pytest.fixture(scope="module")
def historia(casas: dict[bool, Casa]) -> dict[bool, list[MensagemHl7]]:
    feita: dict[bool, list[MensagemHl7]] = {}
    for horolog, casa in casas.items():
        planos = casa.planos(PACIENTES)
        assert all(isinstance(p, Plano) and not p.recusas for p in planos.values()), {
            str(p) for p in planos.values() if not isinstance(p, Plano)
        }
        feita[horolog] = [m for p in planos.values() for m in casa.mandar_plano(p)]
    return feita


# --- a history -----------------------------------------------------------------------------------------------------------


def test_iso_dates_and_horolog_integers_give_the_same_bytes(historia: dict[bool, list[MensagemHl7]]) -> None:
    assert [m.corpo for m in historia[False]] == [m.corpo for m in historia[True]]


def test_every_message_of_a_history_passes_our_checker(historia: dict[bool, list[MensagemHl7]]) -> None:
    assert {e for m in historia[False] for e in [m.evento]} == {"A01", "A02", "A03", "A31", "A40", "A60", "O11", "R01", "S12", "T02"}
    assert [a for m in historia[False] for a in conferir(m.corpo)] == []
    assert len({m.controle for m in historia[False]}) == len(historia[False])


def test_a_sample_of_every_event_passes_the_independent_library(historia: dict[bool, list[MensagemHl7]], tmp_path: Path) -> None:
    sorteio = random.Random(3)
    for evento in sorted(set(eventos(historia[False]))):
        for m in sorteio.sample([m for m in historia[False] if m.evento == evento], 1 if evento == "A40" else 3):
            # The specialty's and the race's tables are each site's own.
            assert [linha for linha in oraculo(m, tmp_path).splitlines() if "HL70069" not in linha] == []


def test_what_was_sent_is_not_sent_again(casas: dict[bool, Casa], historia: dict[bool, list[MensagemHl7]]) -> None:
    planos = casas[False].planos(PACIENTES)
    assert [m for p in planos.values() for m in casas[False].mandar_plano(p)] == []


def test_a_patient_that_is_not_there_is_none(casa: Casa) -> None:
    assert casa.planos([10**9, "x"])["1000000000"] is None
    assert isinstance(casa.planos(["x"])["x"], Exception)


# --- changes ---------------------------------------------------------------------------------------------------------------


@nos_dois
def test_a_stay_from_the_first_day_to_the_last(casa: Casa) -> None:
    paciente, adm = casa.internado()
    assert eventos(casa.mandar(paciente)) == ["A31", "A01"]
    h = casa.hospital
    simulador.sinais(h, adm)
    simulador.nota(h, adm, "evolução")
    assert sorted(eventos(casa.mandar(paciente))) == ["R01", "T02"]
    dia_, hora = h.c.par(h.agora)
    h.mudar("pa_adm", "paadm_rowid", adm, paadm_visitstatus="D", paadm_dischgdate=dia_, paadm_dischgtime=hora)
    assert eventos(casa.mandar(paciente)) == ["A03"]
    h.mudar("pa_adm", "paadm_rowid", adm, paadm_visitstatus="A", paadm_dischgdate=None, paadm_dischgtime=None)
    assert eventos(casa.mandar(paciente)) == ["A13"]
    h.mudar("pa_adm", "paadm_rowid", adm, paadm_visitstatus="C")
    assert eventos(casa.mandar(paciente)) == ["A11"] and casa.mandar(paciente) == []


def test_what_was_entered_in_error_is_taken_back(casa: Casa) -> None:
    paciente, adm = casa.internado()
    h = casa.hospital
    nota = simulador.nota(h, adm)
    casa.mandar(paciente)
    h.mudar("mr_nursingnotes", "not_rowid", nota, not_errorreason_dr=3)
    (m,) = casa.mandar(paciente)
    assert m.evento == "T02" and b"|CA\r" in m.corpo


@nos_dois
def test_a_merge_moves_everything_and_says_so(casa: Casa) -> None:
    h = casa.hospital
    sai, fica = h.novo_paciente(), h.novo_paciente()
    h.novo_episodio(sai, "E")
    assert "A01" in eventos(casa.mandar(sai)) and eventos(casa.mandar(fica)) == ["A31"]
    h.cur.execute("update sqluser.pa_adm set paadm_papmi_dr = %s where paadm_papmi_dr = %s", (fica, sai))
    h.inserir("pa_mergepatient", (h.novo("pa_mergepatient"), sai, fica, *h.c.par(h.agora), 1))
    assert eventos(casa.mandar(sai)) == ["A40"]
    # Fusion may not know A40: the visit itself says whose it is now.
    assert eventos(casa.mandar(fica)) == ["A08"]


@nos_dois
def test_whatever_happens_the_last_word_is_what_the_source_says(casa: Casa) -> None:
    tocados: set[str] = set()
    for _ in range(120):
        mudanca = origem.mudar(casa.con, casa.rng)
        casa.con.commit()
        tocados.add(mudanca.chave)
        if casa.rng.random() < 0.3:
            casa.mandar_plano(casa.plano(int(mudanca.chave)))
    for plano in casa.planos(sorted(tocados)).values():
        assert isinstance(plano, Plano)
        for m in casa.mandar_plano(plano):
            assert [a for a in conferir(m.corpo) if a.nivel == "erro"] == []
    assert [m for p in casa.planos(sorted(tocados)).values() for m in casa.mandar_plano(p)] == []


# --- bad input -------------------------------------------------------------------------------------------------------------


def _resultado(casa: Casa, tipo: str) -> tuple[Any, list[str]]:
    """(what became of the patient, reasons that stayed behind) after one bad change."""
    mudanca = origem.mudar_invalido(casa.con, casa.rng, tipo)
    plano = casa.planos([mudanca.chave])[mudanca.chave]
    if not isinstance(plano, Plano):
        return None, [str(plano)]
    recusas = list(plano.recusas)
    try:
        mensagens = casa.mandar_plano(plano)
    except Exception as erro:
        return None, [*recusas, str(erro)]
    return mensagens, recusas


@nos_dois
@pytest.mark.parametrize("tipo", origem.INVALIDOS)
def test_bad_input_is_refused_with_a_reason_and_without_its_value(casa: Casa, tipo: str) -> None:
    _, motivos = _resultado(casa, tipo)
    assert len(motivos) == 1
    assert not any(valor in motivos[0] for valor in ("123.456", "700000000000001", "febril", "🌻", "feliz"))


@nos_dois
@pytest.mark.parametrize("tipo", origem.ESTRANHOS)
def test_odd_input_arrives_whole(casa: Casa, tipo: str) -> None:
    mensagens, motivos = _resultado(casa, tipo)
    assert motivos == [] and mensagens
    assert [a for m in mensagens for a in conferir(m.corpo) if a.nivel == "erro"] == []


@nos_dois
def test_an_impossible_day_in_one_row_holds_back_nobody_else(casa: Casa, dsns: dict[bool, str]) -> None:
    ruim = origem.mudar_invalido(casa.con, casa.rng, "data_impossivel").chave
    bom, _ = casa.internado()
    lidos = casa.planos([ruim, bom])
    assert isinstance(lidos[str(bom)], Plano) and lidos[str(bom)].recusas == ()


# --- the sandbox itself ----------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_history(postgres: Postgres) -> None:
    somas = []
    for n in range(2):
        dsn = postgres.criar_banco(f"trackcare_semente_{n}")
        origem.criar(dsn)
        origem.criar(dsn)
        origem.gerar(dsn, 200, 5)
        con = psycopg2.connect(dsn)
        with con.cursor() as cur:
            cur.execute("select md5(string_agg(p::text, '|' order by paper_rowid)) from sqluser.pa_person p")
            pessoas = cur.fetchone()
            cur.execute("select md5(string_agg(o::text, '|' order by obs_rowid)) from sqluser.mr_observations o")
            somas.append((pessoas, cur.fetchone()))
        con.close()
    assert somas[0] == somas[1]


def test_horolog_columns_are_integers_and_mean_the_same_day(casas: dict[bool, Casa]) -> None:
    (bruto,) = casas[True].sql("select paadm_admdate, paadm_admtime from sqluser.pa_adm where paadm_rowid = 1")
    (iso,) = casas[False].sql("select paadm_admdate, paadm_admtime from sqluser.pa_adm where paadm_rowid = 1")
    assert isinstance(bruto[0], int) and dia(bruto[0], "x") == iso[0]
    assert momento(*bruto, FUSO, "x") == momento(*iso, FUSO, "x")


def test_the_expected_state_lists_every_person_once_in_order(casa: Casa) -> None:
    esperados = list(origem.chaves(casa.con))
    assert [int(e.chave) for e in esperados] == sorted({int(e.chave) for e in esperados})
    unificados = {str(p) for (p,) in casa.sql("select mrg_papmi_from_dr from sqluser.pa_mergepatient")}
    assert {e.chave for e in esperados if e.operacao == "exclusao"} == unificados

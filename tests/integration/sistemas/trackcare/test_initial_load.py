"""PacienteSES on the TrackCare side: its load, its upkeep, its pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.origens.trackcare import linhas, simulador
from tests.integration.sistemas.trackcare.helpers import Home, nos_dois

pytest_plugins = ["tests.integration.sistemas.trackcare.fixtures"]


def rows(home: Home, file: str, **binds: Any) -> list[dict[str, Any]]:
    with home.engine.begin() as con:
        return home.reader.queries.rows(con, file, **binds)


@nos_dois
def test_the_initial_load_fills_pacienteses_page_by_page(home: Home) -> None:
    home.sql("truncate sqluser.pacienteses")
    total, last = rows(home, "total.sql")[0]["total"], 0
    while page := [x["chave"] for x in rows(home, "initial_load_keys.sql", chave=last, limite=60)]:
        with home.engine.begin() as con:
            con.execute(home.reader.queries.sql("initial_load.sql"), {"depois": last, "ate": page[-1], "agora": datetime(2026, 1, 1)})
        last = page[-1]
    assert home.sql("select count(*) from sqluser.pacienteses") == [(total,)]
    assert home.sql("select count(*) from sqluser.pacienteses where unificadocom is not null")[0][0] >= 1


@nos_dois
def test_a_load_leaves_rows_that_are_there_and_a_change_that_changes_nothing_shows_nothing(home: Home) -> None:
    paciente, _ = home.inpatient()
    before = home.sql("select * from sqluser.pacienteses where pacienteid = %s", paciente)
    with home.engine.begin() as con:
        con.execute(home.reader.queries.sql("initial_load.sql"), {"depois": paciente - 1, "ate": paciente, "agora": datetime(2026, 1, 1)})
    assert home.sql("select * from sqluser.pacienteses where pacienteid = %s", paciente) == before
    home.sql("delete from sqluser.pacienteses where pacienteid = %s", paciente)
    with home.engine.begin() as con:
        con.execute(home.reader.queries.sql("initial_load.sql"), {"depois": paciente - 1, "ate": paciente, "agora": datetime(2026, 1, 1)})
    assert home.sql("select * from sqluser.pacienteses where pacienteid = %s", paciente)[0][:15] == before[0][:15]


def test_a_person_with_two_registrations_does_not_stop_the_load(home: Home) -> None:
    paciente, _ = home.inpatient()
    other = home.sql("select max(papmi_rowid1) + 1000000 from sqluser.pa_patmas")[0][0]
    home.sql(
        "insert into sqluser.pa_patmas select (jsonb_populate_record(m, jsonb_build_object('papmi_rowid1', %s::bigint))).*"
        " from sqluser.pa_patmas m where papmi_paper_dr = %s", other, paciente,
    )  # fmt: skip
    home.sql("delete from sqluser.pacienteses where pacienteid = %s", paciente)
    with home.engine.begin() as con:
        con.execute(home.reader.queries.sql("initial_load.sql"), {"depois": paciente - 1, "ate": paciente, "agora": datetime(2026, 1, 1)})
    assert home.sql("select count(*) from sqluser.pacienteses where pacienteid = %s", paciente) == [(1,)]
    home.sql("delete from sqluser.pa_patmas where papmi_rowid1 = %s", other)


@pytest.mark.parametrize("tipo", ["sinais", "nota", "alergia", "cadastro", "endereco", "cns", "pedido", "cirurgia"])
def test_every_kind_of_change_moves_the_patients_marker(home: Home, tipo: str) -> None:
    paciente, adm = home.inpatient()
    (before,) = home.sql("select atualizadoem, alteradoclinicoem from sqluser.pacienteses where pacienteid = %s", paciente)
    h = home.hospital
    do: dict[str, Any] = {
        "sinais": lambda: simulador.sinais(h, adm), "nota": lambda: simulador.note(h, adm), "pedido": lambda: simulador._medicamento(h, adm),
        "cirurgia": lambda: simulador._cirurgia(h, adm), "cadastro": lambda: h.change("pa_person", "paper_rowid", paciente, paper_email="x@exemplo.com.br"),
        "endereco": lambda: h.change("pa_person", "paper_rowid", paciente, paper_stname="Rua Nova 7"),
        "cns": lambda: h.change("pa_patmas", "papmi_rowid1", paciente, papmi_medicare="700000000000005"),
        "alergia": lambda: h.insert("pa_allergy", linhas.alergia(h.c, h.rng, paciente, 1, h.now)),
    }  # fmt: skip
    do[tipo]()
    (after,) = home.sql("select atualizadoem, alteradoclinicoem from sqluser.pacienteses where pacienteid = %s", paciente)
    assert after[0] > before[0] and (after[1] > before[1]) is (tipo != "cadastro")


def test_pages_of_changed_patients_meet_ties_and_lose_nobody(home: Home) -> None:
    home.sql("update sqluser.pacienteses set atualizadoem = '2026-02-01' where pacienteid <= 120")
    seen, marker, key = [], datetime(2026, 1, 15), None
    while page := rows(home, "change_pacienteses.sql", marcador=marker, chave=key, limite=50):
        seen += [x["chave"] for x in page]
        marker, key = page[-1]["marcador"], page[-1]["chave"]
    everything = [p for (p,) in home.sql("select pacienteid from sqluser.pacienteses where atualizadoem >= '2026-01-15'")]
    assert sorted(seen) == sorted(everything) and len(set(seen)) == len(seen)
    assert rows(home, "probe_pacienteses.sql", marcador=datetime(2026, 1, 15))[0]["quantidade"] == len(everything)


@nos_dois
def test_a_replay_finds_its_patients_by_every_filter(home: Home) -> None:
    paciente, adm = home.inpatient()
    home.con.commit()
    is_free: dict[str, Any] = dict.fromkeys(("atendimento", "paciente", "inicio", "fim", "chave"))

    def keys(**criteria: Any) -> list[int]:
        return [x["chave"] for x in rows(home, "keys.sql", **{**is_free, "limite": 1000, **criteria})]

    assert keys(atendimento=adm) == keys(paciente=paciente) == [paciente]
    now = home.hospital.now
    assert paciente in keys(inicio=now - timedelta(minutes=5), fim=now + timedelta(minutes=5))
    assert paciente not in keys(fim=now - timedelta(days=1)) and keys(paciente=paciente, chave=paciente) == []

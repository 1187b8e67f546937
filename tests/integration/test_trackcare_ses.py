"""PacienteSES on the TrackCare side: its load, its upkeep, its pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.origens.trackcare import simulador
from tests.integration.trackcare_apoio import Casa, nos_dois

pytest_plugins = ["tests.integration.trackcare_pecas"]


def linhas(casa: Casa, arquivo: str, **binds: Any) -> list[dict[str, Any]]:
    with casa.engine.begin() as con:
        return casa.leitor.consultas.linhas(con, arquivo, **binds)


@nos_dois
def test_the_initial_load_fills_pacienteses_page_by_page(casa: Casa) -> None:
    casa.sql("truncate sqluser.pacienteses")
    total, ultimo = linhas(casa, "total.sql")[0]["total"], 0
    while pagina := [x["chave"] for x in linhas(casa, "initial_load_keys.sql", chave=ultimo, limite=60)]:
        with casa.engine.begin() as con:
            con.execute(casa.leitor.consultas.sql("initial_load.sql"), {"depois": ultimo, "ate": pagina[-1], "agora": datetime(2026, 1, 1)})
        ultimo = pagina[-1]
    assert casa.sql("select count(*) from sqluser.pacienteses") == [(total,)]
    assert casa.sql("select count(*) from sqluser.pacienteses where unificadocom is not null")[0][0] >= 1


@nos_dois
def test_a_load_leaves_rows_that_are_there_and_a_change_that_changes_nothing_shows_nothing(casa: Casa) -> None:
    paciente, _ = casa.internado()
    antes = casa.sql("select * from sqluser.pacienteses where pacienteid = %s", paciente)
    with casa.engine.begin() as con:
        con.execute(casa.leitor.consultas.sql("initial_load.sql"), {"depois": paciente - 1, "ate": paciente, "agora": datetime(2026, 1, 1)})
    assert casa.sql("select * from sqluser.pacienteses where pacienteid = %s", paciente) == antes
    casa.sql("delete from sqluser.pacienteses where pacienteid = %s", paciente)
    with casa.engine.begin() as con:
        con.execute(casa.leitor.consultas.sql("initial_load.sql"), {"depois": paciente - 1, "ate": paciente, "agora": datetime(2026, 1, 1)})
    assert casa.sql("select * from sqluser.pacienteses where pacienteid = %s", paciente)[0][:15] == antes[0][:15]


def test_a_person_with_two_registrations_does_not_stop_the_load(casa: Casa) -> None:
    paciente, _ = casa.internado()
    outra = casa.sql("select max(papmi_rowid1) + 1000000 from sqluser.pa_patmas")[0][0]
    casa.sql(
        "insert into sqluser.pa_patmas select (jsonb_populate_record(m, jsonb_build_object('papmi_rowid1', %s::bigint))).*"
        " from sqluser.pa_patmas m where papmi_paper_dr = %s", outra, paciente,
    )  # fmt: skip
    casa.sql("delete from sqluser.pacienteses where pacienteid = %s", paciente)
    with casa.engine.begin() as con:
        con.execute(casa.leitor.consultas.sql("initial_load.sql"), {"depois": paciente - 1, "ate": paciente, "agora": datetime(2026, 1, 1)})
    assert casa.sql("select count(*) from sqluser.pacienteses where pacienteid = %s", paciente) == [(1,)]
    casa.sql("delete from sqluser.pa_patmas where papmi_rowid1 = %s", outra)


@pytest.mark.parametrize("tipo", ["sinais", "nota", "alergia", "cadastro", "endereco", "cns", "pedido", "cirurgia"])
def test_every_kind_of_change_moves_the_patients_marker(casa: Casa, tipo: str) -> None:
    paciente, adm = casa.internado()
    (antes,) = casa.sql("select atualizadoem, alteradoclinicoem from sqluser.pacienteses where pacienteid = %s", paciente)
    h = casa.hospital
    fazer: dict[str, Any] = {
        "sinais": lambda: simulador.sinais(h, adm), "nota": lambda: simulador.nota(h, adm), "pedido": lambda: simulador._medicamento(h, adm),
        "cirurgia": lambda: simulador._cirurgia(h, adm), "cadastro": lambda: h.mudar("pa_person", "paper_rowid", paciente, paper_email="x@exemplo.com.br"),
        "endereco": lambda: h.mudar("pa_person", "paper_rowid", paciente, paper_stname="Rua Nova 7"),
        "cns": lambda: h.mudar("pa_patmas", "papmi_rowid1", paciente, papmi_medicare="700000000000005"),
        "alergia": lambda: h.inserir("pa_allergy", simulador.linhas.alergia(h.c, h.rng, paciente, 1, h.agora)),
    }  # fmt: skip
    fazer[tipo]()
    (depois,) = casa.sql("select atualizadoem, alteradoclinicoem from sqluser.pacienteses where pacienteid = %s", paciente)
    assert depois[0] > antes[0] and (depois[1] > antes[1]) is (tipo != "cadastro")


def test_pages_of_changed_patients_meet_ties_and_lose_nobody(casa: Casa) -> None:
    casa.sql("update sqluser.pacienteses set atualizadoem = '2026-02-01' where pacienteid <= 120")
    vistos, marcador, chave = [], datetime(2026, 1, 15), None
    while pagina := linhas(casa, "change_pacienteses.sql", marcador=marcador, chave=chave, limite=50):
        vistos += [x["chave"] for x in pagina]
        marcador, chave = pagina[-1]["marcador"], pagina[-1]["chave"]
    todos = [p for (p,) in casa.sql("select pacienteid from sqluser.pacienteses where atualizadoem >= '2026-01-15'")]
    assert sorted(vistos) == sorted(todos) and len(set(vistos)) == len(vistos)
    assert linhas(casa, "probe_pacienteses.sql", marcador=datetime(2026, 1, 15))[0]["quantidade"] == len(todos)


@nos_dois
def test_a_replay_finds_its_patients_by_every_filter(casa: Casa) -> None:
    paciente, adm = casa.internado()
    casa.con.commit()
    livre: dict[str, Any] = dict.fromkeys(("atendimento", "paciente", "inicio", "fim", "chave"))

    def chaves(**filtro: Any) -> list[int]:
        return [x["chave"] for x in linhas(casa, "keys.sql", **{**livre, "limite": 1000, **filtro})]

    assert chaves(atendimento=adm) == chaves(paciente=paciente) == [paciente]
    agora = casa.hospital.agora
    assert paciente in chaves(inicio=agora - timedelta(minutes=5), fim=agora + timedelta(minutes=5))
    assert paciente not in chaves(fim=agora - timedelta(days=1)) and chaves(paciente=paciente, chave=paciente) == []

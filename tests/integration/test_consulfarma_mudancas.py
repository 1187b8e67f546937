"""Every change at Consulfarma is seen by exactly the origin that should see it, in order, across page boundaries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg2
import pytest

from include.fusion.reading.reader import Leitor
from sandbox.origens import consulfarma as origem
from tests.integration.consulfarma_apoio import INICIO, linhas, novo_leitor, paginas

ORIGENS = ("atendimento", "paciente", "clinico")


@pytest.fixture
def con(banco: str) -> Iterator[Any]:
    origem.criar(banco)
    origem.gerar(banco, 150, 3)
    con = psycopg2.connect(banco)
    yield con
    con.close()


@pytest.fixture
def leitor(banco: str, con: Any) -> Iterator[Leitor]:
    leitor = novo_leitor(banco)
    yield leitor
    leitor.consultas.engine.dispose()


def _marcas(leitor: Leitor) -> dict[str, Any]:
    return {o: linhas(leitor, f"probe_{o}.sql", marcador=INICIO)[0]["marcador"] for o in ORIGENS}


def _novas(leitor: Leitor, marcas: dict[str, Any]) -> dict[str, set[tuple[str, str]]]:
    """(key, operation) that each origin shows after its marker, where it shows any; the watcher must agree."""
    vistas = {}
    for nome, marca in marcas.items():
        depois = marca + timedelta(milliseconds=1)
        novas = {(str(x["chave"]), x["operacao"]) for x in paginas(leitor, f"change_{nome}.sql", 1000, depois)}
        vigia = linhas(leitor, f"probe_{nome}.sql", marcador=marca)[0]
        assert bool(vigia["quantidade"]) == (vigia["marcador"] is not None)
        assert not novas or vigia["marcador"] > marca
        if novas:
            vistas[nome] = novas
    return vistas


def _um_vivo(con: Any) -> tuple[int, int]:
    with con.cursor() as cur:
        cur.execute("select AtendimentoId, PacienteId from dbo.Atendimento where Excluido = 0 and Situacao <> 'C' order by 1 limit 1")
        return cur.fetchone()


@pytest.mark.parametrize("tipo", ["prescricao", "diagnostico", "exame", "resultado", "suspensao", "cirurgia"])
def test_an_edited_clinical_item_shows_its_attendance(con: Any, leitor: Leitor, tipo: str) -> None:
    marcas = _marcas(leitor)
    mudanca = origem.editar(con, random.Random(1), tipo, *_um_vivo(con))
    con.commit()
    assert _novas(leitor, marcas) == {"clinico": {(mudanca.chave, "alteracao")}}


@pytest.mark.parametrize("tipo", ["alergia", "vacina", "paciente"])
def test_an_edit_of_the_patient_shows_all_their_attendances(con: Any, leitor: Leitor, tipo: str) -> None:
    marcas = _marcas(leitor)
    mudanca = origem.editar(con, random.Random(1), tipo, *_um_vivo(con))
    con.commit()
    assert _novas(leitor, marcas) == {"paciente": {(chave, "alteracao") for chave in mudanca.afetadas}}


def test_an_edited_allergy_arrives_with_its_new_text(con: Any, leitor: Leitor) -> None:
    chave, paciente = _um_vivo(con)
    with con.cursor() as cur:
        cur.execute(
            "insert into dbo.Alergia (PacienteId, Substancia, Gravidade) values (%s, 'Níquel', 'L') returning AlergiaId", (paciente,)
        )
        alergia = cur.fetchone()[0]
        cur.execute("update dbo.Alergia set Gravidade = 'G', AtualizadoEm = dbo.sysdatetime() where AlergiaId = %s", (alergia,))
    con.commit()
    lido: Any = leitor.ler([str(chave)])[str(chave)]
    assert [a.gravidade for a in lido.alergias if a.substancia == "Níquel"] == ["GRAVE"]


def test_an_excluded_item_is_a_change_and_is_gone(con: Any, leitor: Leitor) -> None:
    chave, paciente = _um_vivo(con)
    origem.editar(con, random.Random(1), "diagnostico", chave, paciente)
    con.commit()
    marcas = _marcas(leitor)
    with con.cursor() as cur:
        cur.execute("update dbo.Diagnostico set Excluido = 1, AtualizadoEm = dbo.sysdatetime() where AtendimentoId = %s", (chave,))
    con.commit()
    assert _novas(leitor, marcas) == {"clinico": {(str(chave), "alteracao")}}
    assert leitor.ler([str(chave)])[str(chave)].diagnosticos == ()  # type: ignore[union-attr]


@pytest.mark.parametrize("semente", range(4))
def test_a_cancelled_or_excluded_attendance_is_an_exclusao(con: Any, leitor: Leitor, semente: int) -> None:
    marcas = _marcas(leitor)
    mudanca = origem.cancelar(con, random.Random(semente), *_um_vivo(con))
    con.commit()
    assert _novas(leitor, marcas) == {"atendimento": {(mudanca.chave, "exclusao")}}


def test_an_admission_is_an_inclusao(con: Any, leitor: Leitor) -> None:
    marcas = _marcas(leitor)
    chave = origem.mudar_invalido(con, random.Random(1), "html_quebrado").chave
    con.commit()
    assert _novas(leitor, marcas)["atendimento"] == {(chave, "inclusao")}


@pytest.mark.parametrize("nome", ORIGENS)
def test_ties_at_a_page_boundary_lose_and_repeat_nothing(con: Any, leitor: Leitor, nome: str) -> None:
    with con.cursor() as cur:
        for tabela in ("Atendimento", "Paciente", "Alergia", "Diagnostico", "ExameResultado", "PrescricaoMedicamento"):
            cur.execute(f"update dbo.{tabela} set AtualizadoEm = '2026-02-01 03:00:00.125'")
    con.commit()
    inteira = [(x["marcador"], x["chave"]) for x in paginas(leitor, f"change_{nome}.sql", 10_000)]
    assert [(x["marcador"], x["chave"]) for x in paginas(leitor, f"change_{nome}.sql", 7)] == inteira
    assert len(set(inteira)) == len(inteira) > 50


def test_small_pages_of_mixed_tables_reach_every_change(con: Any, leitor: Leitor) -> None:
    with con.cursor() as cur:
        cur.execute(
            "select count(*) from (select AtualizadoEm, AtendimentoId from dbo.Cirurgia union select AtualizadoEm, AtendimentoId from dbo.Diagnostico"
            " union select AtualizadoEm, AtendimentoId from dbo.ExameAmbulatorial union select AtualizadoEm, AtendimentoId from dbo.ExameResultado"
            " union select AtualizadoEm, AtendimentoId from dbo.PrescricaoMedicamento) x"
        )
        esperadas = cur.fetchone()[0]
    assert len(paginas(leitor, "change_clinico.sql", 3)) == esperadas


def test_random_changes_are_all_seen(con: Any, leitor: Leitor) -> None:
    marcas, rng, esperadas = _marcas(leitor), random.Random(11), {}
    for _ in range(60):
        mudanca = origem.mudar(con, rng)
        con.commit()
        esperadas.update(dict.fromkeys(mudanca.afetadas, mudanca.operacao))
    vistas = {chave for novas in _novas(leitor, marcas).values() for chave, _ in novas}
    assert set(esperadas) <= vistas
    finais = {e.chave: e.operacao for e in origem.chaves(con)}
    assert all((finais[c] == "exclusao") == (o == "exclusao") for c, o in esperadas.items())


def test_keys_of_a_form_follow_its_filters(con: Any, leitor: Leitor) -> None:
    chave, paciente = _um_vivo(con)
    vazio = dict.fromkeys(("atendimento", "paciente", "inicio", "fim", "chave"))
    assert [x["chave"] for x in linhas(leitor, "keys.sql", **{**vazio, "atendimento": chave, "limite": 9})] == [chave]
    do_paciente = linhas(leitor, "keys.sql", **{**vazio, "paciente": paciente, "limite": 999})
    assert {x["chave_paciente"] for x in do_paciente} == {paciente}
    todas = linhas(leitor, "keys.sql", **{**vazio, "limite": 999})
    assert [str(x["chave"]) for x in todas] == [e.chave for e in origem.chaves(con)]
    assert linhas(leitor, "keys.sql", **{**vazio, "inicio": INICIO, "fim": INICIO, "limite": 9}) == []
    assert linhas(leitor, "total.sql")[0]["total"] == 150


def test_the_same_seed_gives_the_same_hospital(banco: str, con: Any, postgres: Any) -> None:
    def impressao(dsn: str) -> list[tuple[Any, ...]]:
        with psycopg2.connect(dsn) as outra, outra.cursor() as cur:
            cur.execute("select md5(string_agg(x::text, '|' order by AtendimentoId)) from dbo.Atendimento x")
            um = cur.fetchall()
            cur.execute("select md5(string_agg(Nome || coalesce(Cpf, ''), '|' order by PacienteId)) from dbo.Paciente")
            return um + cur.fetchall()

    antes = impressao(banco)
    with con.cursor() as cur:
        cur.execute("drop schema dbo cascade")
    con.commit()
    origem.criar(banco)
    origem.gerar(banco, 150, 3)
    assert impressao(banco) == antes

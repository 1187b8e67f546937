"""Every change at Consulfarma is seen by exactly the origin that should see it, in order, across page boundaries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg2
import pytest

from include.fusion.reading.reader import Reader
from sandbox.origens import consulfarma as origin
from tests.integration.sistemas.consulfarma.helpers import START, new_reader, pages, rows

ORIGINS = ("atendimento", "paciente", "clinico")


@pytest.fixture
def con(database: str) -> Iterator[Any]:
    origin.create(database)
    origin.generate(database, 150, 3)
    con = psycopg2.connect(database)
    yield con
    con.close()


@pytest.fixture
def reader(database: str, con: Any) -> Iterator[Reader]:
    reader = new_reader(database)
    yield reader
    reader.queries.engine.dispose()


def _watermarks(reader: Reader) -> dict[str, Any]:
    return {o: rows(reader, f"probe_{o}.sql", marcador=START)[0]["marcador"] for o in ORIGINS}


def _new(reader: Reader, watermarks: dict[str, Any]) -> dict[str, set[tuple[str, str]]]:
    """(key, operation) that each origin shows after its marker, where it shows any; the watcher must agree."""
    seen = {}
    for name, watermark in watermarks.items():
        after = watermark + timedelta(milliseconds=1)
        new = {(str(x["chave"]), x["operacao"]) for x in pages(reader, f"change_{name}.sql", 1000, after)}
        watcher = rows(reader, f"probe_{name}.sql", marcador=watermark)[0]
        assert bool(watcher["quantidade"]) == (watcher["marcador"] is not None)
        assert not new or watcher["marcador"] > watermark
        if new:
            seen[name] = new
    return seen


def _one_live(con: Any) -> tuple[int, int]:
    with con.cursor() as cur:
        cur.execute("select AtendimentoId, PacienteId from dbo.Atendimento where Excluido = 0 and Situacao <> 'C' order by 1 limit 1")
        return cur.fetchone()


@pytest.mark.parametrize("tipo", ["prescricao", "diagnostico", "exame", "resultado", "suspensao", "cirurgia"])
def test_an_edited_clinical_item_shows_its_attendance(con: Any, reader: Reader, tipo: str) -> None:
    watermarks = _watermarks(reader)
    change = origin.edit(con, random.Random(1), tipo, *_one_live(con))
    con.commit()
    assert _new(reader, watermarks) == {"clinico": {(change.chave, "alteracao")}}


@pytest.mark.parametrize("tipo", ["alergia", "vacina", "paciente"])
def test_an_edit_of_the_patient_shows_all_their_attendances(con: Any, reader: Reader, tipo: str) -> None:
    watermarks = _watermarks(reader)
    change = origin.edit(con, random.Random(1), tipo, *_one_live(con))
    con.commit()
    assert _new(reader, watermarks) == {"paciente": {(key, "alteracao") for key in change.affected}}


def test_an_edited_allergy_arrives_with_its_new_text(con: Any, reader: Reader) -> None:
    key, paciente = _one_live(con)
    with con.cursor() as cur:
        cur.execute(
            "insert into dbo.Alergia (PacienteId, Substancia, Gravidade) values (%s, 'Níquel', 'L') returning AlergiaId", (paciente,)
        )
        alergia = cur.fetchone()[0]
        cur.execute("update dbo.Alergia set Gravidade = 'G', AtualizadoEm = dbo.sysdatetime() where AlergiaId = %s", (alergia,))
    con.commit()
    read_item: Any = reader.read([str(key)])[str(key)]
    assert [a.gravidade for a in read_item.alergias if a.substancia == "Níquel"] == ["GRAVE"]


def test_an_excluded_item_is_a_change_and_is_gone(con: Any, reader: Reader) -> None:
    key, paciente = _one_live(con)
    origin.edit(con, random.Random(1), "diagnostico", key, paciente)
    con.commit()
    watermarks = _watermarks(reader)
    with con.cursor() as cur:
        cur.execute("update dbo.Diagnostico set Excluido = 1, AtualizadoEm = dbo.sysdatetime() where AtendimentoId = %s", (key,))
    con.commit()
    assert _new(reader, watermarks) == {"clinico": {(str(key), "alteracao")}}
    assert reader.read([str(key)])[str(key)].diagnosticos == ()  # type: ignore[union-attr]


@pytest.mark.parametrize("semente", range(4))
def test_a_cancelled_or_excluded_attendance_is_an_exclusao(con: Any, reader: Reader, semente: int) -> None:
    watermarks = _watermarks(reader)
    change = origin.cancel(con, random.Random(semente), *_one_live(con))
    con.commit()
    assert _new(reader, watermarks) == {"atendimento": {(change.chave, "exclusao")}}


def test_an_admission_is_an_inclusao(con: Any, reader: Reader) -> None:
    watermarks = _watermarks(reader)
    key = origin.change_invalid(con, random.Random(1), "html_quebrado").chave
    con.commit()
    assert _new(reader, watermarks)["atendimento"] == {(key, "inclusao")}


@pytest.mark.parametrize("nome", ORIGINS)
def test_ties_at_a_page_boundary_lose_and_repeat_nothing(con: Any, reader: Reader, nome: str) -> None:
    with con.cursor() as cur:
        for table in ("Atendimento", "Paciente", "Alergia", "Diagnostico", "ExameResultado", "PrescricaoMedicamento"):
            cur.execute(f"update dbo.{table} set AtualizadoEm = '2026-02-01 03:00:00.125'")
    con.commit()
    inteira = [(x["marcador"], x["chave"]) for x in pages(reader, f"change_{nome}.sql", 10_000)]
    assert [(x["marcador"], x["chave"]) for x in pages(reader, f"change_{nome}.sql", 7)] == inteira
    assert len(set(inteira)) == len(inteira) > 50


def test_small_pages_of_mixed_tables_reach_every_change(con: Any, reader: Reader) -> None:
    with con.cursor() as cur:
        cur.execute(
            "select count(*) from (select AtualizadoEm, AtendimentoId from dbo.Cirurgia union select AtualizadoEm, AtendimentoId from dbo.Diagnostico"
            " union select AtualizadoEm, AtendimentoId from dbo.ExameAmbulatorial union select AtualizadoEm, AtendimentoId from dbo.ExameResultado"
            " union select AtualizadoEm, AtendimentoId from dbo.PrescricaoMedicamento) x"
        )
        expected_ones = cur.fetchone()[0]
    assert len(pages(reader, "change_clinico.sql", 3)) == expected_ones


def test_the_same_seed_gives_the_same_hospital(database: str, con: Any, postgres: Any) -> None:
    def fingerprint(dsn: str) -> list[tuple[Any, ...]]:
        with psycopg2.connect(dsn) as other, other.cursor() as cur:
            cur.execute("select md5(string_agg(x::text, '|' order by AtendimentoId)) from dbo.Atendimento x")
            one = cur.fetchall()
            cur.execute("select md5(string_agg(Nome || coalesce(Cpf, ''), '|' order by PacienteId)) from dbo.Paciente")
            return one + cur.fetchall()

    before = fingerprint(database)
    with con.cursor() as cur:
        cur.execute("drop schema dbo cascade")
    con.commit()
    origin.create(database)
    origin.generate(database, 150, 3)
    assert fingerprint(database) == before

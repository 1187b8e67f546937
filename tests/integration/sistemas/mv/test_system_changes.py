"""MV's changes: every statement runs, origins page without loss, journals are read and emptied."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, text

from include.fusion.reading.reader import Reader
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.mv.system import SYSTEM
from include.fusion.sistemas.skymed.system import SYSTEM as SKYMED
from sandbox.origens.mv.hospital import Hospital
from tests.integration.sistemas.mv.helpers import START, new, pages, rows

pytest_plugins = ["tests.integration.sistemas.mv.fixtures"]

FILES = sorted(a.name for a in (sql_folder("mv")).glob("*.sql"))


def rows_of(mv_reader: Reader, sql: str) -> Any:
    with mv_reader.queries.engine.connect() as con:
        return con.execute(text(sql)).scalar()


@pytest.mark.parametrize("file", FILES)
def test_every_statement_runs(mv_reader: Reader, file: str) -> None:
    clause = mv_reader.queries.sql(file)
    if "ids" in clause._bindparams:
        clause = text(str(clause.text)).bindparams(bindparam("ids", expanding=True))
    values: dict[str, Any] = {
        "chaves": [1, 2], "ids": [-1], "marcador": START, "desde": datetime(2025, 1, 1), "chave": None, "limite": 10,
        "atendimento": None, "paciente": None, "inicio": None, "fim": None, "lote": 1, "id": 1, "antes": 0,
    }  # fmt: skip
    with mv_reader.queries.engine.connect() as con:
        con.execute(clause, {b: values[b] for b in clause._bindparams})


@pytest.mark.parametrize("one", SYSTEM.origins, ids=lambda o: o.nome)
def test_pages_of_an_origin_miss_no_key_and_are_in_order(mv_reader: Reader, one: Any) -> None:
    all_of_them = pages(mv_reader, one.sql, 100_000)
    assert all_of_them == sorted(all_of_them)
    # A page may end among rows of one key and one second: of these the rest is nothing new.
    assert list(dict.fromkeys(pages(mv_reader, one.sql, 7))) == list(dict.fromkeys(all_of_them))
    watcher = rows(mv_reader, one.sql_probe, marcador=START)[0]
    assert (watcher["quantidade"] > 0, watcher["marcador"]) == (bool(all_of_them), all_of_them[-1][0] if all_of_them else None)


def test_new_and_changed_patients_are_two_origins_without_overlap(mv_reader: Reader) -> None:
    new, alterados = ({c for _, c in pages(mv_reader, f"change_paciente_{n}.sql", 10_000)} for n in ("novo", "alterado"))
    assert not new & alterados
    assert len(new | alterados) == rows_of(mv_reader, "select count(*) from dbamv.paciente")


def test_icu_stays_are_found_while_open_and_from_the_day_they_ended(mv_reader: Reader, hospital: Hospital) -> None:
    key, _ = new(hospital)
    cama = hospital.free_leito(uti=True)
    assert cama is not None
    hospital.occupy(key, cama, "O")
    hospital.cur.connection.commit()

    def found_one(since: datetime) -> bool:
        return key in {x["chave"] for x in rows(mv_reader, "sweep_uti_pendentes.sql", desde=since)}

    assert found_one(hospital.now + timedelta(days=30))
    stay = hospital.stay_of(key)
    assert stay is not None
    hospital.vacate(stay)
    hospital.cur.connection.commit()
    assert found_one(hospital.now.replace(hour=23, minute=59, second=59))
    assert not found_one((hospital.now + timedelta(days=1)).replace(hour=0, minute=0, second=0))


def test_an_attendance_that_only_slept_elsewhere_is_no_icu_case(mv_reader: Reader, hospital: Hospital) -> None:
    key, _ = new(hospital)
    cama = hospital.one("select l.cd_leito from dbamv.leito l join dbamv.unid_int u on u.cd_unid_int = l.cd_unid_int"
                " where u.tp_unid_int = 'I' and coalesce(u.sn_semi_uti, 'N') = 'N' and l.tp_ocupacao = 'V' limit 1")  # fmt: skip
    hospital.occupy(key, cama[0], "I")
    hospital.cur.connection.commit()
    assert key not in {x["chave"] for x in rows(mv_reader, "sweep_uti_pendentes.sql", desde=START)}


def test_the_journal_is_read_by_id_and_emptied(mv_reader: Reader, hospital: Hospital) -> None:
    key, paciente = new(hospital)
    hospital.cur.connection.commit()
    read_rows = rows(mv_reader, "change_diario_atendimento.sql", limite=100_000)
    minha = next(x for x in read_rows if x["chave"] == key)
    assert (minha["chave_paciente"], minha["tp_operacao"], minha["sn_abertura"], minha["sn_alta"]) == (paciente, "I", "S", "N")
    assert [x["id"] for x in read_rows] == sorted(x["id"] for x in read_rows)
    assert rows(mv_reader, "probe_diario_atendimento.sql")[0]["quantidade"] == 1
    delete = text(str(mv_reader.queries.sql("delete_diario_atendimento.sql").text)).bindparams(bindparam("ids", expanding=True))
    with mv_reader.queries.engine.begin() as con:
        con.execute(delete, {"ids": [x["id"] for x in read_rows]})
    assert rows(mv_reader, "probe_diario_atendimento.sql")[0]["quantidade"] == 0


def test_a_booking_finds_its_patient_through_the_notice_or_the_attendance(mv_reader: Reader, hospital: Hospital) -> None:
    key, paciente = new(hospital)
    warnings = [
        hospital.insert("aviso_cirurgia", cd_paciente=paciente),
        hospital.insert("aviso_cirurgia", cd_atendimento=key),
        hospital.insert("aviso_cirurgia", nm_paciente="X"),
    ]
    agendas = [
        hospital.insert("age_cir", dt_inicio_age_cir=hospital.now, dt_final_age_cir=hospital.now, cd_sal_cir=1, cd_aviso_cirurgia=a, tp_agendamento="C") for a in warnings
    ]  # fmt: skip
    hospital.cur.connection.commit()
    found = {x["chave"]: x["chave_paciente"] for x in rows(mv_reader, "change_diario_agenda.sql", SKYMED, limite=100_000)}
    assert [found[a] for a in agendas] == [paciente, paciente, None]
    assert rows(mv_reader, "probe_diario_agenda.sql", SKYMED)[0]["quantidade"] == 1

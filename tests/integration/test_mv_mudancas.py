"""MV's changes: every statement runs, origins page without loss, journals are read and emptied."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, text

from include.fusion.reading.reader import Leitor
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.mv.system import SISTEMA
from include.fusion.sistemas.skymed.system import SISTEMA as SKYMED
from sandbox.origens.mv.hospital import Hospital
from tests.integration.mv_apoio import INICIO, QUANTOS, linhas, novo, paginas

pytest_plugins = ["tests.integration.mv_pecas"]

ARQUIVOS = sorted(a.name for a in (sql_folder("mv")).glob("*.sql"))


def linhas_de(leitor_mv: Leitor, sql: str) -> Any:
    with leitor_mv.consultas.engine.connect() as con:
        return con.execute(text(sql)).scalar()


@pytest.mark.parametrize("arquivo", ARQUIVOS)
def test_every_statement_runs(leitor_mv: Leitor, arquivo: str) -> None:
    clausula = leitor_mv.consultas.sql(arquivo)
    if "ids" in clausula._bindparams:
        clausula = text(str(clausula.text)).bindparams(bindparam("ids", expanding=True))
    valores: dict[str, Any] = {
        "chaves": [1, 2], "ids": [-1], "marcador": INICIO, "desde": datetime(2025, 1, 1), "chave": None, "limite": 10,
        "atendimento": None, "paciente": None, "inicio": None, "fim": None,
    }  # fmt: skip
    with leitor_mv.consultas.engine.connect() as con:
        con.execute(clausula, {b: valores[b] for b in clausula._bindparams})


@pytest.mark.parametrize("uma", SISTEMA.origens, ids=lambda o: o.nome)
def test_pages_of_an_origin_miss_no_key_and_are_in_order(leitor_mv: Leitor, uma: Any) -> None:
    todas = paginas(leitor_mv, uma.sql, 100_000)
    assert todas == sorted(todas)
    # A page may end among rows of one key and one second: of these the rest is nothing new.
    assert list(dict.fromkeys(paginas(leitor_mv, uma.sql, 7))) == list(dict.fromkeys(todas))
    vigia = linhas(leitor_mv, uma.sql_vigia, marcador=INICIO)[0]
    assert (vigia["quantidade"] > 0, vigia["marcador"]) == (bool(todas), todas[-1][0] if todas else None)


def test_new_and_changed_patients_are_two_origins_without_overlap(leitor_mv: Leitor) -> None:
    novos, alterados = ({c for _, c in paginas(leitor_mv, f"change_paciente_{n}.sql", 10_000)} for n in ("novo", "alterado"))
    assert not novos & alterados
    assert len(novos | alterados) == linhas_de(leitor_mv, "select count(*) from dbamv.paciente")


def test_keys_go_by_attendance_patient_and_start_day(leitor_mv: Leitor) -> None:
    nada: dict[str, Any] = dict.fromkeys(("atendimento", "paciente", "inicio", "fim", "chave"))
    todas = linhas(leitor_mv, "keys.sql", **nada, limite=10_000)
    assert len(todas) >= QUANTOS and [x["chave"] for x in todas] == sorted(x["chave"] for x in todas)
    assert [x["chave"] for x in linhas(leitor_mv, "keys.sql", **nada | {"atendimento": 7}, limite=10)] == [7]
    paciente = todas[0]["chave_paciente"]
    do_paciente = linhas(leitor_mv, "keys.sql", **nada | {"paciente": paciente}, limite=10_000)
    assert [x["chave"] for x in do_paciente] == [x["chave"] for x in todas if x["chave_paciente"] == paciente]
    dia = linhas_de(leitor_mv, "select date_trunc('day', max(dt_atendimento)) from dbamv.atendime")
    do_dia = linhas(leitor_mv, "keys.sql", **nada | {"inicio": dia, "fim": dia + timedelta(days=1)}, limite=10_000)
    assert len(do_dia) == linhas_de(leitor_mv, f"select count(*) from dbamv.atendime where dt_atendimento >= '{dia}'") > 0
    assert [x["chave"] for x in linhas(leitor_mv, "keys.sql", **nada | {"chave": 5}, limite=2)] == [6, 7]
    assert linhas(leitor_mv, "total.sql")[0]["total"] == len(todas)


def test_icu_stays_are_found_while_open_and_from_the_day_they_ended(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, _ = novo(hospital)
    cama = hospital.leito_vago(uti=True)
    assert cama is not None
    hospital.ocupar(chave, cama, "O")
    hospital.cur.connection.commit()

    def achada(desde: datetime) -> bool:
        return chave in {x["chave"] for x in linhas(leitor_mv, "sweep_uti_pendentes.sql", desde=desde)}

    assert achada(hospital.agora + timedelta(days=30))
    estadia = hospital.estadia_de(chave)
    assert estadia is not None
    hospital.desocupar(estadia)
    hospital.cur.connection.commit()
    assert achada(hospital.agora.replace(hour=23, minute=59, second=59))
    assert not achada((hospital.agora + timedelta(days=1)).replace(hour=0, minute=0, second=0))


def test_an_attendance_that_only_slept_elsewhere_is_no_icu_case(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, _ = novo(hospital)
    cama = hospital.um("select l.cd_leito from dbamv.leito l join dbamv.unid_int u on u.cd_unid_int = l.cd_unid_int"
                " where u.tp_unid_int = 'I' and coalesce(u.sn_semi_uti, 'N') = 'N' and l.tp_ocupacao = 'V' limit 1")  # fmt: skip
    hospital.ocupar(chave, cama[0], "I")
    hospital.cur.connection.commit()
    assert chave not in {x["chave"] for x in linhas(leitor_mv, "sweep_uti_pendentes.sql", desde=INICIO)}


def test_the_journal_is_read_by_id_and_emptied(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, paciente = novo(hospital)
    hospital.cur.connection.commit()
    lidas = linhas(leitor_mv, "change_diario_atendimento.sql", limite=100_000)
    minha = next(x for x in lidas if x["chave"] == chave)
    assert (minha["chave_paciente"], minha["tp_operacao"], minha["sn_abertura"], minha["sn_alta"]) == (paciente, "I", "S", "N")
    assert [x["id"] for x in lidas] == sorted(x["id"] for x in lidas)
    assert linhas(leitor_mv, "probe_diario_atendimento.sql")[0]["quantidade"] == 1
    apagar = text(str(leitor_mv.consultas.sql("delete_diario_atendimento.sql").text)).bindparams(bindparam("ids", expanding=True))
    with leitor_mv.consultas.engine.begin() as con:
        con.execute(apagar, {"ids": [x["id"] for x in lidas]})
    assert linhas(leitor_mv, "probe_diario_atendimento.sql")[0]["quantidade"] == 0


def test_a_booking_finds_its_patient_through_the_notice_or_the_attendance(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, paciente = novo(hospital)
    avisos = [
        hospital.inserir("aviso_cirurgia", cd_paciente=paciente),
        hospital.inserir("aviso_cirurgia", cd_atendimento=chave),
        hospital.inserir("aviso_cirurgia", nm_paciente="X"),
    ]
    agendas = [
        hospital.inserir("age_cir", dt_inicio_age_cir=hospital.agora, dt_final_age_cir=hospital.agora, cd_sal_cir=1, cd_aviso_cirurgia=a, tp_agendamento="C") for a in avisos
    ]  # fmt: skip
    hospital.cur.connection.commit()
    achadas = {x["chave"]: x["chave_paciente"] for x in linhas(leitor_mv, "change_diario_agenda.sql", SKYMED, limite=100_000)}
    assert [achadas[a] for a in agendas] == [paciente, paciente, None]
    assert linhas(leitor_mv, "probe_diario_agenda.sql", SKYMED)[0]["quantidade"] == 1

"""MV's rows, read with the shipped SQL on a generated hospital, become valid attendances and patients, or reasons."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.fusion.errors import InvalidConfiguration
from include.fusion.model.atendimento import Atendimento, Paciente
from include.fusion.model.content import body, content_version
from include.fusion.reading.reader import Reader
from include.fusion.sistemas.mv.system import SYSTEM
from sandbox.fusion import contrato
from sandbox.origens.mv.clinica import document
from sandbox.origens.mv.hospital import Hospital
from tests.integration.sistemas.mv.helpers import KEYS, mapped, new, new_reader, pages, read_item, receita

pytest_plugins = ["tests.integration.sistemas.mv.fixtures"]

# The generated hospital


def test_a_generated_hospital_is_what_fusion_takes(generated: list[Atendimento]) -> None:
    for one in generated:
        sent = body(one)
        assert [e.message for e in contrato.validator("Atendimento").iter_errors(sent)] == []
        contrato.check_items(sent, "atendimento")


def test_every_kind_of_content_arrives(generated: list[Atendimento]) -> None:
    kinds = ("alergias", "diagnosticos", "prescricoes", "solicitacoes_exame", "evolucoes", "sinais_vitais", "movimentacoes_leito")
    assert {t: any(getattr(x, t) for x in generated) for t in kinds} == dict.fromkeys(kinds, True)
    assert any(m.uti for x in generated for m in x.movimentacoes_leito) and any(x.nega_alergias for x in generated)
    assert {e.codigo[:3] for x in generated for e in x.evolucoes} == {"DOC", "PRE"}


def test_moves_are_in_order_and_the_last_of_an_open_stay_is_current(generated: list[Atendimento]) -> None:
    inpatients = [x for x in generated if x.movimentacoes_leito]
    assert all(m.inicio <= n.inicio for x in inpatients for m, n in zip(x.movimentacoes_leito, x.movimentacoes_leito[1:], strict=False))
    open_count = [x for x in inpatients if x.situacao == "EM_ATENDIMENTO"]
    assert open_count and all(x.movimentacoes_leito[-1].fim is None and x.movimentacoes_leito[-1].leito == x.leito for x in open_count)


def test_every_moment_is_plausible_whatever_date_its_hr_column_carries(generated: list[Atendimento]) -> None:
    moments = [x.data_inicio for x in generated] + [m.inicio for x in generated for m in x.movimentacoes_leito]
    assert min(moments).year >= 2020
    assert any((m.hour, m.minute) != (0, 0) for m in moments)


def test_an_unknown_sign_is_left_out_and_counted(dsn_mv: str) -> None:
    mv_reader = new_reader(dsn_mv)
    mv_reader.read(KEYS)
    assert {code for catalog, code in mv_reader.context.depara.unmapped if catalog == "sinais_vitais"} == {"900"}
    assert {c for c, _ in mv_reader.context.depara.unmapped} == {"sinais_vitais"}


def test_markup_never_reaches_fusion(generated: list[Atendimento]) -> None:
    everything = json.dumps([body(x) for x in generated], ensure_ascii=False)
    assert not any(watermark in everything for watermark in ("<p>", "{\\\\rtf", "&amp;"))


def test_patients_alone_are_those_of_their_attendances(dsn_mv: str, generated: list[Atendimento]) -> None:
    sozinhos = new_reader(dsn_mv, "paciente").read(sorted({x.paciente.codigo for x in generated}))
    assert all(isinstance(p, Paciente) for p in sozinhos.values())
    assert [x.codigo for x in generated if sozinhos[x.paciente.codigo] != x.paciente] == []


# What may leave the hospital


def test_open_and_confidential_documents_stay_in_the_hospital(mv_reader: Reader, hospital: Hospital) -> None:
    key, paciente = new(hospital)
    document(hospital, key, paciente, "TEXTO FECHADO")
    document(hospital, key, paciente, "TEXTO ABERTO", opened=True)
    sigiloso = document(hospital, key, paciente, "TEXTO SIGILOSO")
    hospital.change("pw_documento_clinico", "cd_documento_clinico", sigiloso, sn_confidencial="S")
    empty_for = document(hospital, key, paciente, "TEXTO DE INDICADOR NULO")
    hospital.change("pw_documento_clinico", "cd_documento_clinico", empty_for, sn_confidencial=None)
    assert [e.texto for e in read_item(mv_reader, hospital, key).evolucoes] == ["TEXTO FECHADO", "TEXTO DE INDICADOR NULO"]


def test_open_prescriptions_are_drafts_and_notes_of_open_or_confidential_documents_stay(mv_reader: Reader, hospital: Hospital) -> None:
    key, paciente = new(hospital)
    opened = document(hospital, key, paciente, "", opened=True)
    sigiloso, closed_at = document(hospital, key, paciente, ""), document(hospital, key, paciente, "")
    hospital.change("pw_documento_clinico", "cd_documento_clinico", sigiloso, sn_confidencial="S")
    receita(hospital, key, "NOTA FECHADA", tp_pre_med="E")
    receita(hospital, key, "RASCUNHO", sn_fechado="N")
    receita(hospital, key, "SEM INDICADOR", sn_fechado=None)
    receita(hospital, key, "DE ABERTO", cd_documento_clinico=opened)
    receita(hospital, key, "DE SIGILOSO", cd_documento_clinico=sigiloso)
    receita(hospital, key, "DE FECHADO", cd_documento_clinico=closed_at)
    match = read_item(mv_reader, hospital, key)
    assert [(e.texto, e.tipo) for e in match.evolucoes] == [("NOTA FECHADA", "ENFERMAGEM"), ("DE FECHADO", "MEDICA")]
    assert len(match.prescricoes) == 4


def test_a_cancelled_item_is_seen_and_arrives_as_suspended(mv_reader: Reader, hospital: Hospital) -> None:
    key, _ = new(hospital)
    number = receita(hospital, key, "")
    item = hospital.one("select cd_itpre_med from dbamv.itpre_med where cd_pre_med = %s", number)[0]
    after = hospital.now + timedelta(minutes=1)
    hospital.change("itpre_med", "cd_itpre_med", item, sn_cancelado="S", dh_cancelado=after)
    assert [p.suspenso for p in read_item(mv_reader, hospital, key).prescricoes] == [True]
    assert (after, key) in pages(mv_reader, "change_prescricao_cancelada.sql", 10_000)


# Course of an attendance


def test_a_cancelled_discharge_reopens_the_attendance(mv_reader: Reader, hospital: Hospital) -> None:
    key, _ = new(hospital)
    hospital.change("atendime", "cd_atendimento", key, dt_alta=hospital.now, hr_alta=hospital.now, cd_mot_alt=1)
    assert (alta := read_item(mv_reader, hospital, key)).situacao == "FINALIZADO" and alta.motivo_alta == "ALTA"
    hospital.change("atendime", "cd_atendimento", key, dt_alta=None)
    reaberto = read_item(mv_reader, hospital, key)
    assert (reaberto.situacao, reaberto.data_fim, reaberto.motivo_alta) == ("EM_ATENDIMENTO", None, None)


@pytest.mark.parametrize(("account", "uti"), [(False, [False, False, True]), (True, [False, True, True])])
def test_moves_with_icu_and_semi_icu_by_setting(dsn_mv: str, hospital: Hospital, account: bool, uti: list[bool]) -> None:
    key, _ = new(hospital)
    previous = None
    for n, (unit, kind) in enumerate(((1, "I"), (11, "O"), (9, "O"))):
        cama = hospital.one("select cd_leito from dbamv.leito where cd_unid_int = %s order by random() limit 1", unit)[0]
        moment = datetime(2026, 1, 1 + n)
        hospital.insert("mov_int", cd_atendimento=key, cd_leito=cama, cd_leito_anterior=previous, dt_mov_int=moment, tp_mov=kind,
                  hr_mov_int=datetime(2001 - n, 5, 17, 8, n), dt_lib_mov=None if n == 2 else moment + timedelta(days=1),
                  hr_lib_mov=None if n == 2 else datetime(1900, 1, 1, 8, n + 1))  # fmt: skip
        previous = cama
    hospital.insert("mov_int", cd_atendimento=key, cd_leito=previous, dt_mov_int=hospital.now, hr_mov_int=hospital.now, tp_mov="R")
    movements = read_item(new_reader(dsn_mv, semi_uti=account), hospital, key).movimentacoes_leito
    assert [m.uti for m in movements] == uti
    assert [m.tipo for m in movements] == ["INTERNACAO", "TRANSFERENCIA", "TRANSFERENCIA"]
    assert [m.fim for m in movements] == [movements[1].inicio, movements[2].inicio, None]
    assert [m.leito_anterior for m in movements] == [None, movements[0].leito, movements[1].leito]


def test_local_times_have_the_offset_of_the_place_then(mv_reader: Reader, hospital: Hospital) -> None:
    key, _ = new(hospital)
    hospital.change("atendime", "cd_atendimento", key, dt_atendimento=datetime(2012, 1, 15), hr_atendimento=datetime(1900, 1, 1, 12))
    assert body(read_item(mv_reader, hospital, key))["dataInicio"] == "2012-01-15T12:00:00-02:00"


def test_an_empty_text_is_null_as_on_oracle(mv_reader: Reader, hospital: Hospital) -> None:
    key, paciente = new(hospital)
    columns = hospital.keys(
        "select column_name from information_schema.columns where table_schema = 'dbamv' and table_name = 'paciente'"
        " and data_type = 'character varying' and is_nullable = 'YES'"
    )
    versions = []
    for value in (None, "", " "):
        hospital.change("paciente", "cd_paciente", paciente, **dict.fromkeys(columns, value))
        versions.append(content_version(body(read_item(mv_reader, hospital, key))))
    assert len(set(versions)) == 1


def test_allergies_of_both_records_win_over_the_denial(mv_reader: Reader, hospital: Hospital) -> None:
    key, paciente = new(hospital)
    for kind, food in (("D", None), ("A", hospital.one("select min(cd_alimento) from dbamv.pw_alimento")[0])):
        problem = hospital.insert("pw_problema", cd_paciente=paciente, sn_ativo="S")
        hospital.insert("pw_alergia_pac", cd_problema=problem, tp_alergia=kind, cd_alimento=food, tp_severidade="M")
    hospital.insert(
        "hist_subs_pac",
        cd_paciente=paciente,
        cd_substancia=hospital.one("select min(cd_substancia) from dbamv.substancia")[0],
        tp_alergia="S",
    )
    read_rows = read_item(mv_reader, hospital, key).alergias
    assert [(a.codigo[0], a.nega, a.categoria) for a in read_rows] == [
        ("P", False, "ALIMENTO"),
        ("S", False, "MEDICAMENTO"),
    ]


def test_an_attendance_that_changes_hands_while_it_is_read_mixes_no_two_patients(
    dsn_mv: str, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, paciente = new(hospital)
    other = hospital.new_paciente()
    problem = hospital.insert("pw_problema", cd_paciente=other, sn_ativo="S")
    hospital.insert("pw_alergia_pac", cd_problema=problem, tp_alergia="O", ds_outros="Iodo")
    hospital.cur.connection.commit()
    reader = new_reader(dsn_mv)
    rows_of = reader.queries.rows

    def correct(con: Any, file: str, **values: Any) -> Any:
        if file == "read_movimentacoes.sql":
            hospital.change("atendime", "cd_atendimento", key, cd_paciente=other)
            hospital.cur.connection.commit()
        return rows_of(con, file, **values)

    monkeypatch.setattr(reader.queries, "rows", correct)
    before, after = (mapped(reader, key) for _ in range(2))
    assert [(x.paciente.codigo, len(x.alergias)) for x in (before, after)] == [(str(paciente), 0), (str(other), 1)]


def test_an_account_that_sees_no_record_of_allergies_stops_instead_of_saying_there_are_none(dsn_mv: str, tmp_path: Path) -> None:
    queries = new_reader(dsn_mv).queries
    queries.columns = frozenset(c for c in queries.columns if not c.startswith(("pw_alergia_pac", "hist_subs_pac")))
    with pytest.raises(InvalidConfiguration, match=r"not granted.*hist_subs_pac"):
        queries.choose(SYSTEM.details)
    (tmp_path / "read_alergias.sql").write_text("select 1 as chave")
    queries.pasta_sql = tmp_path
    assert ("alergias", "read_alergias.sql") in queries.choose(SYSTEM.details)


@pytest.mark.parametrize("missing", [("pw_alergia_pac", "pw_problema"), ("hist_subs_pac",)])
def test_a_site_may_have_one_record_of_allergies_only(dsn_mv: str, missing: tuple[str, ...]) -> None:
    queries = new_reader(dsn_mv).queries
    queries.columns = frozenset(c for c in queries.columns if c.split(".")[0] not in missing)
    alergias = [name for name, _ in queries.details if name.startswith("alergias")]
    assert alergias == (["alergias_antigas"] if len(missing) == 2 else ["alergias"])


# Gone


def test_a_deleted_attendance_is_none(mv_reader: Reader, hospital: Hospital) -> None:
    key, _ = new(hospital)
    hospital.cur.execute("delete from dbamv.atendime where cd_atendimento = %s", (key,))
    hospital.cur.connection.commit()
    assert mv_reader.read([str(key)]) == {str(key): None}

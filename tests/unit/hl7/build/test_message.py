"""Every message that we build, against an independent library's definitions, and the traps of each version."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message, parse_segment

from include.fusion.hl7.build.adt import STRUCTURES, adt
from include.fusion.hl7.build.datatypes import numeric, ts
from include.fusion.hl7.build.mdm import mdm
from include.fusion.hl7.build.message import Hl7Message, control_id_for
from include.fusion.hl7.build.oru import LOINC, oru
from include.fusion.hl7.build.profile import VERSIONS
from include.fusion.hl7.build.rde import rde
from include.fusion.hl7.build.siu import siu
from include.fusion.hl7.check.check import check_message
from include.fusion.hl7.wire.parser import read
from include.fusion.model.atendimento import SINAIS
from tests.unit.hl7.samples import (
    ALERGIAS,
    CIRURGIA,
    DIAGNOSTICOS,
    MEDICATION,
    NOTE,
    PACIENTE,
    PANEL,
    PHYSICIAN,
    VISIT,
    WHEN,
    all_of_them,
    settings,
)

EVENTS = tuple(all_of_them(settings()))


_FORA_DAS_TABELAS = re.compile("Value UCUM not in table HL70396|Value BRA not in table HL70399")
"""UCUM is what everybody writes, though 2.4's table is older; the library's 2.7 list of countries is cut short."""


def oracle_text(message: Hl7Message, folder: Path) -> str:
    """What hl7apy says in strict mode, errors and warnings; empty when it is content."""
    text, relato = message.body.decode("latin-1"), folder / "relato"
    # hl7apy reads any OBX-5 as ST first, which 2.4 ends at 199 characters.
    text = re.sub(r"(OBX\|\d+\|FT\|[^|]*\|[^|]*\|)[^|]*", r"\1texto", text)
    parse_message(text, validation_level=VALIDATION_LEVEL.STRICT).validate(report_file=str(relato))
    rows = relato.read_text().splitlines() if relato.exists() else []
    return "\n".join(line for line in rows if not _FORA_DAS_TABELAS.search(line))


@pytest.mark.parametrize("event", EVENTS)
def test_hl7apy_finds_nothing_wrong_in_2_4(event: str, tmp_path: Path) -> None:
    assert oracle_text(all_of_them(settings())[event], tmp_path) == ""


@pytest.mark.parametrize("event", [e for e in EVENTS if e != "O11"])
def test_hl7apy_finds_nothing_wrong_in_2_5_1(event: str, tmp_path: Path) -> None:
    assert oracle_text(all_of_them(settings(versao="2.5.1"))[event], tmp_path) == ""


def test_hl7apy_finds_nothing_wrong_in_the_segments_of_a_medicine_in_2_5_1() -> None:
    """Its parser puts a TQ1 behind RXE into the group behind ORC, so it cannot judge the whole: the order is our own checker's to judge."""
    for line in all_of_them(settings(versao="2.5.1"))["O11"].body.decode("latin-1").split("\r")[1:-1]:
        assert parse_segment(line, version="2.5.1", validation_level=VALIDATION_LEVEL.STRICT).validate()


@pytest.mark.parametrize("event", [e for e in EVENTS if e != "O11" and not e.startswith("S")])
def test_hl7apy_finds_nothing_wrong_in_2_7(event: str, tmp_path: Path) -> None:
    # It cannot read RXE and SCH of 2.7, whose first or ninth field is withdrawn.
    assert oracle_text(all_of_them(settings(versao="2.7"))[event], tmp_path) == ""


def test_hl7apy_takes_a_cancelled_medicine_whose_dose_is_no_longer_known(tmp_path: Path) -> None:
    cancelled = replace(
        MEDICATION, controle="CA", situacao="CA", dose=None, unidade=replace(MEDICATION.unidade, codigo=None, descricao=None)
    )
    assert oracle_text(rde(settings(), WHEN, PACIENTE, VISIT, cancelled), tmp_path) == ""


@pytest.mark.parametrize("event", EVENTS)
def test_the_oracle_would_notice(event: str, tmp_path: Path) -> None:
    quebrada = all_of_them(settings())[event]
    with pytest.raises(Exception, match=r"PID|Missing"):
        oracle_text(replace(quebrada, body=re.sub(rb"PID\|1\|\|[^|]*\|", b"PID|1|||", quebrada.body)), tmp_path)


@pytest.mark.parametrize("versao", VERSIONS)
@pytest.mark.parametrize("charset", ["8859/1", "UNICODE UTF-8"])
def test_our_own_checker_agrees(versao: str, charset: str) -> None:
    for message in all_of_them(settings(versao=versao, charset=charset)).values():
        assert [a for a in check_message(message.body) if a.level == "erro"] == []


def test_a_message_says_who_sends_what_to_whom() -> None:
    m = read(all_of_them(settings(remetente="TRAK", unidade_remetente="HRAN", unidade_destinataria="SES", processamento="T"))["A01"].body)
    assert [m.raw("MSH", n) for n in (3, 4, 5, 6, 7, 9, 11, 12, 17, 18)] == [
        "TRAK", "HRAN", "FUSION", "SES", "20240301103000-0300", "ADT^A01^ADT_A01", "T", "2.4", "BRA", "8859/1",
    ]  # fmt: skip


def test_times_have_the_offset_of_the_installations_zone() -> None:
    assert ts(replace(settings(), zone=ZoneInfo("America/Manaus")), datetime(2024, 3, 1, 10)) == "20240301100000-0400"


def test_the_patient_travels_with_every_number_and_name() -> None:
    pid = read(all_of_them(settings())["A31"].body)
    assert pid.raw("PID", 3) == "77^^^TRACKCARE^PI~52998224725^^^CPF^NI~700000000000005^^^CNS^HC"
    assert f"{pid.valor('PID', 5, 2)} {pid.valor('PID', 5, 1)}" == PACIENTE.nome
    assert (pid.valor("PID", 5, 7, repetition=2), pid.valor("PID", 5, 1, repetition=2)) == ("D", "| Flor")
    assert (pid.raw("PID", 7), pid.raw("PID", 8)) == ("19800229", "F")


def test_allergies_of_a_discharge_need_another_message_in_2_4() -> None:
    with pytest.raises(ValueError, match="A60"):
        adt(settings(), "A03", WHEN, PACIENTE, VISIT, alergias=ALERGIAS)
    assert b"\rAL1|" in adt(settings(versao="2.5.1"), "A03", WHEN, PACIENTE, VISIT, alergias=ALERGIAS).body


@pytest.mark.parametrize("event", ["A02", "A11", "A60"])
def test_a_structure_without_room_for_diagnoses_refuses_them(event: str) -> None:
    with pytest.raises(ValueError, match="diagnoses"):
        adt(settings(), event, WHEN, PACIENTE, VISIT, diagnosticos=DIAGNOSTICOS)


def test_an_admission_without_a_visit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="visit"):
        adt(settings(), "A01", WHEN, PACIENTE)


def test_timing_is_a_field_in_2_4_and_a_segment_later() -> None:
    velha, new = (read(all_of_them(settings(versao=v))["O11"].body) for v in ("2.4", "2.5.1"))
    assert velha.raw("RXE", 1) == "^Q6H^D3^20240301103000-0300^20240304000000-0300^R^^6/6 h" and not velha.of("TQ1")
    assert [s.nome for s in new.segments] == ["MSH", "PID", "PV1", "ORC", "RXE", "TQ1", "RXR"] and new.raw("RXE", 1) == ""


def test_identifiers_of_diagnoses_exist_from_2_5_1_on() -> None:
    velha, new = (read(all_of_them(settings(versao=v))["A08"].body) for v in ("2.4", "2.5.1"))
    assert (velha.raw("DG1", 20), new.raw("DG1", 20)) == ("", "5||1^TRACKCARE".replace("|", "\\F\\"))
    assert new.raw("PR1", 20) == "U"


def test_a_key_of_parent_and_child_is_text_with_its_bars() -> None:
    assert read(all_of_them(settings())["A60"].body).valor("IAM", 7) == "77||1"


def test_vital_signs_carry_loinc_and_ucum() -> None:
    m = read(oru(settings(), WHEN, PACIENTE, PANEL).body)
    assert [(m.part(s.field(3)), s.field(5), m.part(s.field(6)), s.field(11)) for s in m.of("OBX")] == [
        ("8310-5", "36.5", "Cel", "F"), ("8480-6", "120", "mm[Hg]", "C"),
    ]  # fmt: skip
    assert m.raw("OBR", 25) == "C"


def test_every_canonical_sign_has_a_loinc_code() -> None:
    assert set(LOINC) == set(SINAIS)


def test_a_withdrawn_note_says_so() -> None:
    m = read(mdm(settings(), WHEN, PACIENTE, VISIT, replace(NOTE, cancelada=True)).body)
    assert (m.raw("TXA", 12), m.raw("TXA", 19), m.raw("OBX", 11)) == ("5\\F\\\\F\\3^TRACKCARE", "CA", "D")


def test_a_discontinued_medicine_keeps_its_number() -> None:
    m = read(rde(settings(), WHEN, PACIENTE, VISIT, replace(MEDICATION, controle="DC", situacao="DC")).body)
    assert (m.raw("ORC", 1), m.valor("ORC", 2), m.raw("ORC", 5)) == ("DC", "8||1", "DC")


def test_a_surgery_without_surgeon_names_the_system_as_contact() -> None:
    m = read(siu(settings(), "S15", WHEN, PACIENTE, replace(CIRURGIA, cirurgiao=None, situacao="Cancelled")).body)
    assert (m.valor("SCH", 16), m.raw("SCH", 25), m.raw("RGS", 2), m.of("AIP")) == ("TRACKCARE", "Cancelled", "D", ())


# --- control id and time ----------------------------------------------------------------------------------------------


def test_the_control_id_is_the_same_for_the_same_and_fits_2_4() -> None:
    assert control_id_for(2, "visita 1", "a") == control_id_for(2, "visita 1", "a")
    assert len({control_id_for(i, e, v) for i in (2, 3) for e in ("a", "b") for v in ("1", "2")}) == 8
    assert re.fullmatch("[A-Z2-7]{20}", control_id_for(2, "visita 1", "a"))


def test_equal_input_gives_equal_bytes_and_any_change_another_control_id() -> None:
    one, other = all_of_them(settings()), all_of_them(settings())
    assert {e: m.body for e, m in one.items()} == {e: m.body for e, m in other.items()}
    assert len({m.controle for m in one.values()}) == len(one)
    mudada = adt(settings(), "A31", WHEN, replace(PACIENTE, sexo="M"), alergias=ALERGIAS)
    after = adt(settings(), "A31", datetime(2024, 3, 2), PACIENTE, alergias=ALERGIAS)
    assert len({one["A31"].controle, mudada.controle, after.controle}) == 3


@pytest.mark.parametrize(
    ("moment", "texto"),
    [
        (datetime(2018, 1, 10, 8), "20180110080000-0200"), (datetime(2024, 1, 10, 8), "20240110080000-0300"),
        (datetime(2024, 1, 10, 8, tzinfo=UTC), "20240110050000-0300"), (datetime(1900, 1, 1), "19000101000000-0306"), (date(1980, 2, 29), "19800229"),
    ],
)  # fmt: skip
def test_a_moment_has_the_offset_of_its_day(moment: datetime | date, texto: str) -> None:
    assert ts(settings(), moment) == texto


@pytest.mark.parametrize(
    ("valor", "texto"), [(36.5, "36.5"), (120, "120"), (0.1 + 0.2, "0.3"), (1e-9, "0"), (-0.0, "0"), (1e6, "1000000"), (None, "")]
)
def test_a_number_has_no_exponent_and_no_needless_zeros(valor: float | None, texto: str) -> None:
    assert numeric(valor) == texto


def test_no_message_shows_its_content_when_printed() -> None:
    assert "CONCEI" not in repr(all_of_them(settings())["A01"]) and PHYSICIAN.nome is not None


def test_every_event_has_its_structure_in_msh_9() -> None:
    assert {e: read(m.body).valor("MSH", 9, 3) for e, m in all_of_them(settings()).items() if e in STRUCTURES} == STRUCTURES

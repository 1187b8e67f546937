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

from include.fusion.hl7.build.adt import ESTRUTURAS, adt
from include.fusion.hl7.build.datatypes import numerico, ts
from include.fusion.hl7.build.mdm import mdm
from include.fusion.hl7.build.message import MensagemHl7, controle_de
from include.fusion.hl7.build.oru import LOINC, oru
from include.fusion.hl7.build.profile import VERSOES
from include.fusion.hl7.build.rde import rde
from include.fusion.hl7.build.siu import siu
from include.fusion.hl7.check.check import conferir
from include.fusion.hl7.wire.parser import ler
from include.fusion.model.atendimento import SINAIS
from tests.unit.hl7_apoio import ALERGIAS, CIRURGIA, DIAGNOSTICOS, MEDICO, NOTA, PACIENTE, PAINEL, QUANDO, REMEDIO, VISITA, ajustes, todas

EVENTOS = tuple(todas(ajustes()))


_FORA_DAS_TABELAS = re.compile("Value UCUM not in table HL70396|Value BRA not in table HL70399")
"""UCUM is what everybody writes, though 2.4's table is older; the library's 2.7 list of countries is cut short."""


def oraculo(mensagem: MensagemHl7, pasta: Path) -> str:
    """What hl7apy says in strict mode, errors and warnings; empty when it is content."""
    texto, relato = mensagem.corpo.decode("latin-1"), pasta / "relato"
    # hl7apy reads any OBX-5 as ST first, which 2.4 ends at 199 characters.
    texto = re.sub(r"(OBX\|\d+\|FT\|[^|]*\|[^|]*\|)[^|]*", r"\1texto", texto)
    parse_message(texto, validation_level=VALIDATION_LEVEL.STRICT).validate(report_file=str(relato))
    linhas = relato.read_text().splitlines() if relato.exists() else []
    return "\n".join(linha for linha in linhas if not _FORA_DAS_TABELAS.search(linha))


@pytest.mark.parametrize("evento", EVENTOS)
def test_hl7apy_finds_nothing_wrong_in_2_4(evento: str, tmp_path: Path) -> None:
    assert oraculo(todas(ajustes())[evento], tmp_path) == ""


@pytest.mark.parametrize("evento", [e for e in EVENTOS if e != "O11"])
def test_hl7apy_finds_nothing_wrong_in_2_5_1(evento: str, tmp_path: Path) -> None:
    assert oraculo(todas(ajustes(versao="2.5.1"))[evento], tmp_path) == ""


def test_hl7apy_finds_nothing_wrong_in_the_segments_of_a_medicine_in_2_5_1() -> None:
    """Its parser puts a TQ1 behind RXE into the group behind ORC, so it cannot judge the whole: the order is our own checker's to judge."""
    for linha in todas(ajustes(versao="2.5.1"))["O11"].corpo.decode("latin-1").split("\r")[1:-1]:
        assert parse_segment(linha, version="2.5.1", validation_level=VALIDATION_LEVEL.STRICT).validate()


@pytest.mark.parametrize("evento", [e for e in EVENTOS if e != "O11" and not e.startswith("S")])
def test_hl7apy_finds_nothing_wrong_in_2_7(evento: str, tmp_path: Path) -> None:
    # It cannot read RXE and SCH of 2.7, whose first or ninth field is withdrawn.
    assert oraculo(todas(ajustes(versao="2.7"))[evento], tmp_path) == ""


def test_hl7apy_takes_a_cancelled_medicine_whose_dose_is_no_longer_known(tmp_path: Path) -> None:
    cancelado = replace(REMEDIO, controle="CA", situacao="CA", dose=None, unidade=replace(REMEDIO.unidade, codigo=None, descricao=None))
    assert oraculo(rde(ajustes(), QUANDO, PACIENTE, VISITA, cancelado), tmp_path) == ""


@pytest.mark.parametrize("evento", EVENTOS)
def test_the_oracle_would_notice(evento: str, tmp_path: Path) -> None:
    quebrada = todas(ajustes())[evento]
    with pytest.raises(Exception, match=r"PID|Missing"):
        oraculo(replace(quebrada, corpo=re.sub(rb"PID\|1\|\|[^|]*\|", b"PID|1|||", quebrada.corpo)), tmp_path)


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("charset", ["8859/1", "UNICODE UTF-8"])
def test_our_own_checker_agrees(versao: str, charset: str) -> None:
    for mensagem in todas(ajustes(versao=versao, charset=charset)).values():
        assert [a for a in conferir(mensagem.corpo) if a.nivel == "erro"] == []


def test_a_message_says_who_sends_what_to_whom() -> None:
    m = ler(todas(ajustes(remetente="TRAK", unidade_remetente="HRAN", unidade_destinataria="SES", processamento="T"))["A01"].corpo)
    assert [m.bruto("MSH", n) for n in (3, 4, 5, 6, 7, 9, 11, 12, 17, 18)] == [
        "TRAK", "HRAN", "FUSION", "SES", "20240301103000-0300", "ADT^A01^ADT_A01", "T", "2.4", "BRA", "8859/1",
    ]  # fmt: skip


def test_times_have_the_offset_of_the_installations_zone() -> None:
    assert ts(replace(ajustes(), fuso=ZoneInfo("America/Manaus")), datetime(2024, 3, 1, 10)) == "20240301100000-0400"


def test_the_patient_travels_with_every_number_and_name() -> None:
    pid = ler(todas(ajustes())["A31"].corpo)
    assert pid.bruto("PID", 3) == "77^^^TRACKCARE^PI~52998224725^^^CPF^NI~700000000000005^^^CNS^HC"
    assert f"{pid.valor('PID', 5, 2)} {pid.valor('PID', 5, 1)}" == PACIENTE.nome
    assert (pid.valor("PID", 5, 7, repeticao=2), pid.valor("PID", 5, 1, repeticao=2)) == ("D", "| Flor")
    assert (pid.bruto("PID", 7), pid.bruto("PID", 8)) == ("19800229", "F")


def test_allergies_of_a_discharge_need_another_message_in_2_4() -> None:
    with pytest.raises(ValueError, match="A60"):
        adt(ajustes(), "A03", QUANDO, PACIENTE, VISITA, alergias=ALERGIAS)
    assert b"\rAL1|" in adt(ajustes(versao="2.5.1"), "A03", QUANDO, PACIENTE, VISITA, alergias=ALERGIAS).corpo


@pytest.mark.parametrize("evento", ["A02", "A11", "A60"])
def test_a_structure_without_room_for_diagnoses_refuses_them(evento: str) -> None:
    with pytest.raises(ValueError, match="diagnoses"):
        adt(ajustes(), evento, QUANDO, PACIENTE, VISITA, diagnosticos=DIAGNOSTICOS)


def test_an_admission_without_a_visit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="visit"):
        adt(ajustes(), "A01", QUANDO, PACIENTE)


def test_timing_is_a_field_in_2_4_and_a_segment_later() -> None:
    velha, nova = (ler(todas(ajustes(versao=v))["O11"].corpo) for v in ("2.4", "2.5.1"))
    assert velha.bruto("RXE", 1) == "^Q6H^D3^20240301103000-0300^20240304000000-0300^R^^6/6 h" and not velha.de("TQ1")
    assert [s.nome for s in nova.segmentos] == ["MSH", "PID", "PV1", "ORC", "RXE", "TQ1", "RXR"] and nova.bruto("RXE", 1) == ""


def test_identifiers_of_diagnoses_exist_from_2_5_1_on() -> None:
    velha, nova = (ler(todas(ajustes(versao=v))["A08"].corpo) for v in ("2.4", "2.5.1"))
    assert (velha.bruto("DG1", 20), nova.bruto("DG1", 20)) == ("", "5||1^TRACKCARE".replace("|", "\\F\\"))
    assert nova.bruto("PR1", 20) == "U"


def test_a_key_of_parent_and_child_is_text_with_its_bars() -> None:
    assert ler(todas(ajustes())["A60"].corpo).valor("IAM", 7) == "77||1"


def test_vital_signs_carry_loinc_and_ucum() -> None:
    m = ler(oru(ajustes(), QUANDO, PACIENTE, PAINEL).corpo)
    assert [(m.parte(s.campo(3)), s.campo(5), m.parte(s.campo(6)), s.campo(11)) for s in m.de("OBX")] == [
        ("8310-5", "36.5", "Cel", "F"), ("8480-6", "120", "mm[Hg]", "C"),
    ]  # fmt: skip
    assert m.bruto("OBR", 25) == "C"


def test_every_canonical_sign_has_a_loinc_code() -> None:
    assert set(LOINC) == set(SINAIS)


def test_a_withdrawn_note_says_so() -> None:
    m = ler(mdm(ajustes(), QUANDO, PACIENTE, VISITA, replace(NOTA, cancelada=True)).corpo)
    assert (m.bruto("TXA", 12), m.bruto("TXA", 19), m.bruto("OBX", 11)) == ("5\\F\\\\F\\3^TRACKCARE", "CA", "D")


def test_a_discontinued_medicine_keeps_its_number() -> None:
    m = ler(rde(ajustes(), QUANDO, PACIENTE, VISITA, replace(REMEDIO, controle="DC", situacao="DC")).corpo)
    assert (m.bruto("ORC", 1), m.valor("ORC", 2), m.bruto("ORC", 5)) == ("DC", "8||1", "DC")


def test_a_surgery_without_surgeon_names_the_system_as_contact() -> None:
    m = ler(siu(ajustes(), "S15", QUANDO, PACIENTE, replace(CIRURGIA, cirurgiao=None, situacao="Cancelled")).corpo)
    assert (m.valor("SCH", 16), m.bruto("SCH", 25), m.bruto("RGS", 2), m.de("AIP")) == ("TRACKCARE", "Cancelled", "D", ())


# --- control id and time ----------------------------------------------------------------------------------------------


def test_the_control_id_is_the_same_for_the_same_and_fits_2_4() -> None:
    assert controle_de(2, "visita 1", "a") == controle_de(2, "visita 1", "a")
    assert len({controle_de(i, e, v) for i in (2, 3) for e in ("a", "b") for v in ("1", "2")}) == 8
    assert re.fullmatch("[A-Z2-7]{20}", controle_de(2, "visita 1", "a"))


def test_equal_input_gives_equal_bytes_and_any_change_another_control_id() -> None:
    um, outro = todas(ajustes()), todas(ajustes())
    assert {e: m.corpo for e, m in um.items()} == {e: m.corpo for e, m in outro.items()}
    assert len({m.controle for m in um.values()}) == len(um)
    mudada = adt(ajustes(), "A31", QUANDO, replace(PACIENTE, sexo="M"), alergias=ALERGIAS)
    depois = adt(ajustes(), "A31", datetime(2024, 3, 2), PACIENTE, alergias=ALERGIAS)
    assert len({um["A31"].controle, mudada.controle, depois.controle}) == 3


@pytest.mark.parametrize(
    ("momento", "texto"),
    [
        (datetime(2018, 1, 10, 8), "20180110080000-0200"), (datetime(2024, 1, 10, 8), "20240110080000-0300"),
        (datetime(2024, 1, 10, 8, tzinfo=UTC), "20240110050000-0300"), (datetime(1900, 1, 1), "19000101000000-0306"), (date(1980, 2, 29), "19800229"),
    ],
)  # fmt: skip
def test_a_moment_has_the_offset_of_its_day(momento: datetime | date, texto: str) -> None:
    assert ts(ajustes(), momento) == texto


@pytest.mark.parametrize(
    ("valor", "texto"), [(36.5, "36.5"), (120, "120"), (0.1 + 0.2, "0.3"), (1e-9, "0"), (-0.0, "0"), (1e6, "1000000"), (None, "")]
)
def test_a_number_has_no_exponent_and_no_needless_zeros(valor: float | None, texto: str) -> None:
    assert numerico(valor) == texto


def test_no_message_shows_its_content_when_printed() -> None:
    assert "CONCEI" not in repr(todas(ajustes())["A01"]) and MEDICO.nome is not None


def test_every_event_has_its_structure_in_msh_9() -> None:
    assert {e: ler(m.corpo).valor("MSH", 9, 3) for e, m in todas(ajustes()).items() if e in ESTRUTURAS} == ESTRUTURAS

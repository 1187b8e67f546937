"""``python -m include.fusion hl7 check``: what is found, how it is told, and what is never told."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.fusion.cli.hl7 import main
from include.fusion.hl7.check.check import check_message
from include.fusion.hl7.check.structures import STRUCTURES, where_it_leaves
from include.fusion.hl7.wire.batch_file import read_file
from include.fusion.hl7.wire.finding import Finding
from tests.unit.hl7.samples import all_of_them, settings

GOOD = {e: m.body for e, m in all_of_them(settings()).items()}


def errors(body: bytes, **options: str) -> list[tuple[str, str]]:
    return [(a.where, a.texto) for a in check_message(body, **options) if a.level == "erro"]


def replace_match(event: str, segment: str, number: int, value: str) -> bytes:
    """One field of a good message replaced."""
    rows = GOOD[event].decode("latin-1").split("\r")
    for n, line in enumerate(rows):
        if line.startswith(segment):
            fields = line.split("|")
            fields[number - (segment == "MSH")] = value
            rows[n] = "|".join(fields)
    return "\r".join(rows).encode("latin-1")


@pytest.mark.parametrize(
    ("event", "segment", "numero", "valor", "stretch"),
    [
        ("A01", "MSH", 10, "", "obrigatório"), ("A01", "MSH", 10, "X" * 21, "máximo é 20"), ("A01", "MSH", 9, "ADT^A01^ADT_A05", "ADT_A01"),
        ("A01", "MSH", 11, "Q", "0103"), ("A01", "PID", 3, "", "obrigatório"), ("A01", "PID", 7, "29/02/1980", "data HL7"),
        ("A01", "PID", 7, "19810229", "calendário"), ("A01", "PID", 8, "X", "0001"), ("A01", "PV1", 2, "", "obrigatório"),
        ("A01", "PV1", 44, "202402", ""), ("A01", "DG1", 6, "Z", "0052"), ("A01", "PR1", 5, "", "obrigatório"), ("A60", "IAM", 6, "Q", "0323"),
        ("A60", "IAM", 7, "", "obrigatório"), ("R01", "OBX", 5, "36,5", "número"), ("R01", "OBX", 11, "", "obrigatório"), ("T02", "TXA", 17, "XX", "0271"),
        ("O11", "RXE", 3, "um", "número"), ("O11", "RXE", 1, "", "obrigatório"), ("S12", "SCH", 25, "Marcada", "0278"), ("S12", "SCH", 11, "", "obrigatório"),
        ("A01", "PID", 5, "A\\B", "escape sem par"), ("A01", "PID", 5, "A\\Q\\B", "escape desconhecida"), ("A01", "PID", 8, "F~M", "repetições"),
        ("A01", "PID", 1, "um", "sequência"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_what_is_wrong(event: str, segment: str, numero: int, valor: str, stretch: str) -> None:
    found = errors(replace_match(event, segment, numero, valor))
    if not stretch:
        assert found == []
    else:
        assert any(where == f"{segment}-{numero}" and stretch in text for where, text in found), found


def test_a_time_without_an_offset_is_a_warning() -> None:
    (match,) = check_message(replace_match("A01", "PV1", 44, "20240228080000"))
    assert (match.level, match.where) == ("aviso", "PV1-44") and "-0300" in match.texto


def test_line_feeds_are_told_and_the_rest_is_still_checked() -> None:
    found = errors(replace_match("A01", "PID", 8, "X").replace(b"\r", b"\n"))
    assert {where for where, _ in found} == {"fim de segmento", "PID-8"}
    assert any("LF (0x0A)" in text for _, text in found)


def test_allergies_in_a_discharge_of_2_4_come_with_the_way_out() -> None:
    com_alergia = GOOD["A03"].replace(b"\rDG1|", b"\rAL1|1||PO^Po\rDG1|")
    assert any(where == "AL1" and "A60" in text for where, text in errors(com_alergia))
    assert "AL1" not in {o for o, _ in errors(com_alergia.replace(b"|2.4|", b"|2.5.1|"))}


@pytest.mark.parametrize(
    ("event", "de", "para", "where", "stretch"),
    [
        ("A01", b"\rEVN|", b"\rPID|1||1||A\rEVN|", "PID", "aqui cabe EVN"), ("T02", b"\rOBX|", b"\rZZZ|", "MDM_T02", "falta OBX"),
        ("O11", b"\rRXR|", b"\rZZZ|", "RDE_O11", "falta RXR"), ("S12", b"\rRGS|", b"\rZZZ|", "AIS", "RGS"), ("A60", b"\rIAM|1", b"\rAL1|1", "AL1", "IAM"),
    ],
)  # fmt: skip
def test_the_first_segment_out_of_place_is_named_with_what_fits(event: str, de: bytes, para: bytes, where: str, stretch: str) -> None:
    assert any(o == where and stretch in text for o, text in errors(GOOD[event].replace(de, para, 1)))


def test_a_raw_line_break_inside_a_text_is_recognised() -> None:
    assert any("CR no meio de um texto" in text for _, text in errors(GOOD["T02"].replace(b"\\.br\\", b"\r", 1)))


def test_bytes_that_are_not_in_the_declared_charset_are_found() -> None:
    declared = GOOD["A01"].replace(b"|8859/1\r", b"|ASCII\r")
    assert [where for where, _ in errors(declared)] == ["MSH-18 (charset)"]
    assert [where for where, _ in errors(GOOD["A01"], charset="UNICODE UTF-8")] == ["MSH-18 (charset)"] * 2
    assert errors(GOOD["A01"].replace(b"|8859/1\r", b"|8859/77\r"))[0][0] == "MSH-18 (charset)"


def test_utf_8_in_2_4_is_a_warning_because_its_table_lacks_it() -> None:
    (warning,) = check_message(all_of_them(settings(charset="UNICODE UTF-8"))["A01"].body)
    assert (warning.level, warning.where) == ("aviso", "MSH-18")
    assert check_message(all_of_them(settings(charset="UNICODE UTF-8", versao="2.5.1"))["A01"].body) == []


def test_another_version_than_the_asked_one_is_an_error() -> None:
    assert ("MSH-12", "a mensagem diz outra versão; conferida como 2.5.1") in errors(GOOD["A08"], version="2.5.1")
    assert any(where == "MSH-12" for where, _ in errors(replace_match("A01", "MSH", 12, "3.0")))


def test_a_message_that_is_none_says_so() -> None:
    assert check_message(b"PID|1\r") == [Finding("erro", "MSH", "não começa por um segmento MSH com os delimitadores")]
    assert "delimitadores" in check_message(b"MSH||||||\r")[0].texto


def test_an_mllp_frame_and_z_segments_are_no_fault() -> None:
    assert errors(b"\x0b" + GOOD["A01"].replace(b"\rPV1|", b"\rZPI|x\rPV1|") + b"\x1c\r") == []


@given(
    st.binary(max_size=200)
    | st.binary(max_size=120).map(lambda b: b"MSH|^~\\&|" + b)
    | st.integers(0, 700).map(lambda n: GOOD["A01"][:n] + b"|\r" + GOOD["A01"][n:])
)
def test_nothing_makes_it_fall(body: bytes) -> None:
    for message in read_file(body).mensagens or (body,):
        assert all(a.texto for a in check_message(message))


@pytest.mark.parametrize("versao", STRUCTURES)
def test_a_structure_takes_what_it_says_and_nothing_else(versao: str) -> None:
    default = STRUCTURES[versao]["ORU_R01"]
    assert where_it_leaves(default, ["MSH", "PID", "PV1", "OBR", "OBX", "OBX", "NTE", "OBR", "OBX"]) is None
    assert where_it_leaves(default, ["MSH", "PID"]) == (2, ["NK1", "NTE", "OBR", "ORC", "PD1", "PV1"])
    assert where_it_leaves(default, ["MSH", "OBR", "OBX", "PV1"])[0] == 3  # type: ignore[index]


# --- files -------------------------------------------------------------------------------------------------------------


def batch(*messages: bytes, bts: str = "", fts: str = "1", end: str = "\r") -> bytes:
    cabeca, pe = f"FHS|^~\\&|TRAK{end}BHS|^~\\&|TRAK{end}", f"BTS|{bts or len(messages)}{end}FTS|{fts}{end}"
    return cabeca.encode() + b"".join(messages) + pe.encode()


def test_a_batch_whose_counts_match_is_fine() -> None:
    opened = read_file(batch(GOOD["A01"], GOOD["R01"]))
    assert opened.mensagens == (GOOD["A01"], GOOD["R01"]) and opened.found == ()


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (batch(GOOD["A01"], bts="2"), ["BTS-1"]), (batch(GOOD["A01"], fts="3"), ["FTS-1"]), (batch(GOOD["A01"], bts="x"), ["BTS-1"]),
        (batch(GOOD["A01"]).partition(b"BTS")[0], ["BTS", "FTS"]), (b"", ["arquivo"]), (batch(GOOD["A01"], end="\n"), ["FHS", "BHS", "BTS", "FTS"]),
    ],
)  # fmt: skip
def test_a_broken_batch_says_which_count_or_end_is_wrong(raw: bytes, where: list[str]) -> None:
    assert [a.where for a in read_file(raw).found] == where


def test_a_file_of_frames_is_taken_apart() -> None:
    assert read_file(b"".join(b"\x0b" + GOOD[e] + b"\x1c\r" for e in ("A01", "T02"))).mensagens == (GOOD["A01"], GOOD["T02"])


# --- command line ------------------------------------------------------------------------------------------------------


def test_the_command_ends_with_1_on_errors_and_0_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.hl7"
    file.write_bytes(GOOD["A01"])
    assert main(["check", str(file)]) == 0 and "1 mensagem, 0 erro(s)" in capsys.readouterr().out
    file.write_bytes(GOOD["A01"] + replace_match("A08", "PID", 7, "ontem"))
    assert main(["check", str(file)]) == 1
    assert "erro: mensagem 2, linha 3, PID-7: data de nascimento: não é uma data HL7" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "outra.hl7")]) == 2


def test_values_are_shown_only_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.hl7"
    parts = [replace_match("A01", "PID", n, "SEGREDO Silva") for n in range(1, 14)]
    parts += [GOOD["T02"].replace(b"\\.br\\", name, 1) for name in (b"\rSEGREDO ", b"\rANA|\\x|", b"\rZOE|\\x|")]
    file.write_bytes(b"".join(parts).replace(b"\rPV1|1|I", b"\rPV1|1|SEGREDO"))
    assert main(["check", str(file)]) == 1
    escondido = capsys.readouterr().out
    assert "PID-7" in escondido and not re.search("SEGREDO|Silva|CONCEI|ANA|ZOE", escondido)
    main(["check", str(file), "--show-values"])
    assert "SEGREDO" in capsys.readouterr().out


def test_it_explains_itself() -> None:
    output = subprocess.run(
        [sys.executable, "-m", "include.fusion", "hl7", "check", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(word in output for word in ("--version", "--charset", "--show-values", "exit code"))

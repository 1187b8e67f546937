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
from include.fusion.hl7.check.check import conferir
from include.fusion.hl7.check.structures import ESTRUTURAS, onde_sai
from include.fusion.hl7.wire.batch_file import abrir
from include.fusion.hl7.wire.finding import Achado
from tests.unit.hl7_apoio import ajustes, todas

BOAS = {e: m.corpo for e, m in todas(ajustes()).items()}


def erros(corpo: bytes, **opcoes: str) -> list[tuple[str, str]]:
    return [(a.onde, a.texto) for a in conferir(corpo, **opcoes) if a.nivel == "erro"]


def trocar(evento: str, segmento: str, numero: int, valor: str) -> bytes:
    """One field of a good message replaced."""
    linhas = BOAS[evento].decode("latin-1").split("\r")
    for n, linha in enumerate(linhas):
        if linha.startswith(segmento):
            campos = linha.split("|")
            campos[numero - (segmento == "MSH")] = valor
            linhas[n] = "|".join(campos)
    return "\r".join(linhas).encode("latin-1")


@pytest.mark.parametrize(
    ("evento", "segmento", "numero", "valor", "trecho"),
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
def test_a_wrong_field_is_named_with_what_is_wrong(evento: str, segmento: str, numero: int, valor: str, trecho: str) -> None:
    achados = erros(trocar(evento, segmento, numero, valor))
    if not trecho:
        assert achados == []
    else:
        assert any(onde == f"{segmento}-{numero}" and trecho in texto for onde, texto in achados), achados


def test_a_time_without_an_offset_is_a_warning() -> None:
    (achado,) = conferir(trocar("A01", "PV1", 44, "20240228080000"))
    assert (achado.nivel, achado.onde) == ("aviso", "PV1-44") and "-0300" in achado.texto


def test_line_feeds_are_told_and_the_rest_is_still_checked() -> None:
    achados = erros(trocar("A01", "PID", 8, "X").replace(b"\r", b"\n"))
    assert {onde for onde, _ in achados} == {"fim de segmento", "PID-8"}
    assert any("LF (0x0A)" in texto for _, texto in achados)


def test_allergies_in_a_discharge_of_2_4_come_with_the_way_out() -> None:
    com_alergia = BOAS["A03"].replace(b"\rDG1|", b"\rAL1|1||PO^Po\rDG1|")
    assert any(onde == "AL1" and "A60" in texto for onde, texto in erros(com_alergia))
    assert "AL1" not in {o for o, _ in erros(com_alergia.replace(b"|2.4|", b"|2.5.1|"))}


@pytest.mark.parametrize(
    ("evento", "de", "para", "onde", "trecho"),
    [
        ("A01", b"\rEVN|", b"\rPID|1||1||A\rEVN|", "PID", "aqui cabe EVN"), ("T02", b"\rOBX|", b"\rZZZ|", "MDM_T02", "falta OBX"),
        ("O11", b"\rRXR|", b"\rZZZ|", "RDE_O11", "falta RXR"), ("S12", b"\rRGS|", b"\rZZZ|", "AIS", "RGS"), ("A60", b"\rIAM|1", b"\rAL1|1", "AL1", "IAM"),
    ],
)  # fmt: skip
def test_the_first_segment_out_of_place_is_named_with_what_fits(evento: str, de: bytes, para: bytes, onde: str, trecho: str) -> None:
    assert any(o == onde and trecho in texto for o, texto in erros(BOAS[evento].replace(de, para, 1)))


def test_a_raw_line_break_inside_a_text_is_recognised() -> None:
    assert any("CR no meio de um texto" in texto for _, texto in erros(BOAS["T02"].replace(b"\\.br\\", b"\r", 1)))


def test_bytes_that_are_not_in_the_declared_charset_are_found() -> None:
    declarada = BOAS["A01"].replace(b"|8859/1\r", b"|ASCII\r")
    assert [onde for onde, _ in erros(declarada)] == ["MSH-18 (charset)"]
    assert [onde for onde, _ in erros(BOAS["A01"], charset="UNICODE UTF-8")] == ["MSH-18 (charset)"] * 2
    assert erros(BOAS["A01"].replace(b"|8859/1\r", b"|8859/77\r"))[0][0] == "MSH-18 (charset)"


def test_utf_8_in_2_4_is_a_warning_because_its_table_lacks_it() -> None:
    (aviso,) = conferir(todas(ajustes(charset="UNICODE UTF-8"))["A01"].corpo)
    assert (aviso.nivel, aviso.onde) == ("aviso", "MSH-18")
    assert conferir(todas(ajustes(charset="UNICODE UTF-8", versao="2.5.1"))["A01"].corpo) == []


def test_another_version_than_the_asked_one_is_an_error() -> None:
    assert ("MSH-12", "a mensagem diz outra versão; conferida como 2.5.1") in erros(BOAS["A08"], versao="2.5.1")
    assert any(onde == "MSH-12" for onde, _ in erros(trocar("A01", "MSH", 12, "3.0")))


def test_a_message_that_is_none_says_so() -> None:
    assert conferir(b"PID|1\r") == [Achado("erro", "MSH", "não começa por um segmento MSH com os delimitadores")]
    assert "delimitadores" in conferir(b"MSH||||||\r")[0].texto


def test_an_mllp_frame_and_z_segments_are_no_fault() -> None:
    assert erros(b"\x0b" + BOAS["A01"].replace(b"\rPV1|", b"\rZPI|x\rPV1|") + b"\x1c\r") == []


@given(
    st.binary(max_size=200)
    | st.binary(max_size=120).map(lambda b: b"MSH|^~\\&|" + b)
    | st.integers(0, 700).map(lambda n: BOAS["A01"][:n] + b"|\r" + BOAS["A01"][n:])
)
def test_nothing_makes_it_fall(corpo: bytes) -> None:
    for mensagem in abrir(corpo).mensagens or (corpo,):
        assert all(a.texto for a in conferir(mensagem))


@pytest.mark.parametrize("versao", ESTRUTURAS)
def test_a_structure_takes_what_it_says_and_nothing_else(versao: str) -> None:
    padrao = ESTRUTURAS[versao]["ORU_R01"]
    assert onde_sai(padrao, ["MSH", "PID", "PV1", "OBR", "OBX", "OBX", "NTE", "OBR", "OBX"]) is None
    assert onde_sai(padrao, ["MSH", "PID"]) == (2, ["NK1", "NTE", "OBR", "ORC", "PD1", "PV1"])
    assert onde_sai(padrao, ["MSH", "OBR", "OBX", "PV1"])[0] == 3  # type: ignore[index]


# --- files -------------------------------------------------------------------------------------------------------------


def lote(*mensagens: bytes, bts: str = "", fts: str = "1", fim: str = "\r") -> bytes:
    cabeca, pe = f"FHS|^~\\&|TRAK{fim}BHS|^~\\&|TRAK{fim}", f"BTS|{bts or len(mensagens)}{fim}FTS|{fts}{fim}"
    return cabeca.encode() + b"".join(mensagens) + pe.encode()


def test_a_batch_whose_counts_match_is_fine() -> None:
    aberto = abrir(lote(BOAS["A01"], BOAS["R01"]))
    assert aberto.mensagens == (BOAS["A01"], BOAS["R01"]) and aberto.achados == ()


@pytest.mark.parametrize(
    ("bruto", "onde"),
    [
        (lote(BOAS["A01"], bts="2"), ["BTS-1"]), (lote(BOAS["A01"], fts="3"), ["FTS-1"]), (lote(BOAS["A01"], bts="x"), ["BTS-1"]),
        (lote(BOAS["A01"]).partition(b"BTS")[0], ["BTS", "FTS"]), (b"", ["arquivo"]), (lote(BOAS["A01"], fim="\n"), ["FHS", "BHS", "BTS", "FTS"]),
    ],
)  # fmt: skip
def test_a_broken_batch_says_which_count_or_end_is_wrong(bruto: bytes, onde: list[str]) -> None:
    assert [a.onde for a in abrir(bruto).achados] == onde


def test_a_file_of_frames_is_taken_apart() -> None:
    assert abrir(b"".join(b"\x0b" + BOAS[e] + b"\x1c\r" for e in ("A01", "T02"))).mensagens == (BOAS["A01"], BOAS["T02"])


# --- command line ------------------------------------------------------------------------------------------------------


def test_the_command_ends_with_1_on_errors_and_0_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arquivo = tmp_path / "m.hl7"
    arquivo.write_bytes(BOAS["A01"])
    assert main(["check", str(arquivo)]) == 0 and "1 mensagem, 0 erro(s)" in capsys.readouterr().out
    arquivo.write_bytes(BOAS["A01"] + trocar("A08", "PID", 7, "ontem"))
    assert main(["check", str(arquivo)]) == 1
    assert "erro: mensagem 2, linha 3, PID-7: data de nascimento: não é uma data HL7" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "outra.hl7")]) == 2


def test_values_are_shown_only_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arquivo = tmp_path / "m.hl7"
    partes = [trocar("A01", "PID", n, "SEGREDO Silva") for n in range(1, 14)]
    partes += [BOAS["T02"].replace(b"\\.br\\", nome, 1) for nome in (b"\rSEGREDO ", b"\rANA|\\x|", b"\rZOE|\\x|")]
    arquivo.write_bytes(b"".join(partes).replace(b"\rPV1|1|I", b"\rPV1|1|SEGREDO"))
    assert main(["check", str(arquivo)]) == 1
    escondido = capsys.readouterr().out
    assert "PID-7" in escondido and not re.search("SEGREDO|Silva|CONCEI|ANA|ZOE", escondido)
    main(["check", str(arquivo), "--show-values"])
    assert "SEGREDO" in capsys.readouterr().out


def test_it_explains_itself() -> None:
    saida = subprocess.run(
        [sys.executable, "-m", "include.fusion", "hl7", "check", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(palavra in saida for palavra in ("--version", "--charset", "--show-values", "exit code"))

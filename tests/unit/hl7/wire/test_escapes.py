"""Text inside HL7: exact both ways, in every character set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.fusion.errors import InvalidConfiguration, InvalidRecord
from include.fusion.hl7.build import values
from include.fusion.hl7.build.adt import adt
from include.fusion.hl7.build.mdm import mdm, parts
from include.fusion.hl7.wire.escapes import CHARSETS, DELETE, Delimiters, approximate, decode, encode
from include.fusion.hl7.wire.parser import Message, read
from tests.unit.hl7.samples import NOTE, PACIENTE, VISIT, WHEN, settings

WRITTEN = tuple(c for c in CHARSETS if c != "UNICODE")
COM_ACENTOS = ("8859/1", "8859/15", "UNICODE UTF-8")
DELIMITERS = st.text(alphabet='|^~\\&\r\n"FSTREX.br0D AÇãé', max_size=60)


def texts(charset: str) -> st.SearchStrategy[str]:
    return st.text(alphabet=st.characters(codec=CHARSETS[charset]), max_size=80) | DELIMITERS.filter(
        lambda t: t.encode(CHARSETS[charset], "replace").decode(CHARSETS[charset]) == t
    )


def note(text: str, charset: str) -> Message:
    return read(mdm(settings(charset=charset), WHEN, PACIENTE_ASCII, VISITA_ASCII, values.Nota("1", "PN", text, WHEN)).body)


PACIENTE_ASCII = values.PacienteHl7("77", "MARIA SOUZA")
VISITA_ASCII = values.Visita("9001", "I")


@given(st.text(max_size=200) | DELIMITERS)
def test_any_text_comes_back_exactly(texto: str) -> None:
    codificado = encode(texto)
    assert decode(codificado) == texto
    assert not set(codificado) & set("|^~&\r\n\x0b\x1c")


@pytest.mark.parametrize("charset", WRITTEN)
def test_any_text_survives_a_message_in_each_charset(charset: str) -> None:
    @given(texts(charset))
    def check(texto: str) -> None:
        read_row = note(texto, charset)
        assert "".join(read_row.texto(s.field(5)) for s in read_row.of("OBX")) == texto.replace("\r\n", "\n").replace("\r", "\n")
        assert read_row.avisos == () and len(read_row.segments) == 6

    check()


@pytest.mark.parametrize("charset", WRITTEN)
def test_a_component_survives_as_well(charset: str) -> None:
    @given(texts(charset).map(lambda t: t.replace("\r", "").strip()).filter(bool))
    def check(texto: str) -> None:
        paciente = values.PacienteHl7("7|7", "MARIA SOUZA", endereco=values.Endereco(bairro=texto, logradouro="Rua"))
        read_row = read(adt(settings(charset=charset), "A08", WHEN, paciente, VISITA_ASCII).body)
        assert read_row.valor("PID", 11, component=8) == texto and read_row.valor("PID", 3) == "7|7"

    check()


@given(st.lists(st.text(alphabet='|^~\\&"FSTRE.br Çãé', min_size=1, max_size=20).filter(str.strip), min_size=1, max_size=4))
def test_repetitions_come_back_one_by_one(texts: list[str]) -> None:
    alergia = values.Alergia("1", values.Codigo("PO", "Poeira"), "EA", "U", tuple(texts))
    read_row = read(adt(settings(), "A60", WHEN, PACIENTE, alergias=[alergia]).body)
    assert [read_row.valor("IAM", 5, repetition=n) for n in range(1, len(texts) + 2)] == [*texts, ""]


@given(st.text(alphabet='\\.br"F|\nçx ', max_size=200), st.integers(min_value=12, max_value=60))
def test_a_long_text_is_cut_between_escapes(texto: str, maximo: int) -> None:
    pieces = list(parts(encode(texto), maximo))
    assert "".join(map(decode, pieces)) == texto
    assert all(len(p) <= maximo for p in pieces)


def test_a_note_of_a_megabyte_comes_back_from_its_parts() -> None:
    text = "evolução | dia\n" * 80_000
    read_row = note(text, "8859/1")
    assert len(read_row.of("OBX")) > 20 and "".join(read_row.texto(s.field(5)) for s in read_row.of("OBX")) == text


def test_the_delete_marker_is_neither_nothing_nor_the_text_of_two_quotes() -> None:
    def social_name(value: values.Text) -> object:
        return read(adt(settings(), "A31", WHEN, values.PacienteHl7("7", "A B", nome_mae=value)).body).valor(
            "PID", 6, component=2 if value == '""' else 1
        )

    assert social_name(DELETE) is DELETE
    assert social_name(None) == ""
    assert social_name('""') == '""'


def test_a_cancelled_discharge_deletes_the_date() -> None:
    read_row = read(adt(settings(), "A13", WHEN, PACIENTE, values.Visita("9", "I", alta=DELETE)).body)
    assert read_row.raw("PV1", 45) == '""'


@pytest.mark.parametrize(
    ("charset", "character", "checkpoint"), [("8859/1", "–", "U+2013"), ("ASCII", "ã", "U+00E3"), ("UNICODE UTF-8", "\ud800", "U+D800")]
)
def test_a_character_that_the_charset_lacks_is_an_error_with_field_and_code_point(charset: str, character: str, checkpoint: str) -> None:
    with pytest.raises(InvalidRecord) as error:
        note(f"antes {character} depois", charset)
    assert error.value.field == "OBX-5" and checkpoint in error.value.motivo and "antes" not in str(error.value)


def test_the_field_is_named_where_it_is_not_the_last() -> None:
    with pytest.raises(InvalidRecord) as error:
        adt(settings(charset="ASCII"), "A31", WHEN, values.PacienteHl7("7", "JOÃO"))
    assert error.value.field == "PID-5"


def test_typographic_signs_are_replaced_only_where_asked_for() -> None:
    assert approximate("“SatO2” ≥ 94 % – João", "8859/1") == '"SatO2" >= 94 % - João'
    assert approximate("João • ção", "ASCII") == "Joao - cao"
    assert approximate("Flor 🌻 – x", "8859/1") == "Flor 🌻 - x"
    assert read(mdm(settings(aproximar=True), WHEN, PACIENTE, VISIT, values.Nota("1", "PN", "≥ 2")).body).valor("OBX", 5) == ">= 2"


def test_accents_written_as_two_characters_fit_once_composed() -> None:
    assert approximate("Joa\u0303o", "8859/1") == "João"


@pytest.mark.parametrize(
    ("raw", "texto"),
    [("a\\.br\\b", "a\nb"), ("a\\.sp2\\b", "a\n\nb"), ("\\H\\forte\\N\\", "forte"), ("\\XC3A7\\", "ç"), ("\\Zx\\", "\\Zx\\"), ("\\XZZ\\", "\\XZZ\\"), ("a\\b", "a\\b")],
)  # fmt: skip
def test_what_others_write_is_read(raw: str, texto: str) -> None:
    assert decode(raw) == texto


def test_hex_is_of_the_messages_own_charset() -> None:
    assert decode("\\XE7\\", codec="iso-8859-1") == "ç"


def test_other_delimiters_are_honoured() -> None:
    assert decode("#F#a#S#b#E#", Delimiters("!", "@", "$", "#", "%")) == "!a@b#"


@pytest.mark.parametrize(
    "fields",
    [{"versao": "2.3"}, {"charset": "UTF-8"}, {"charset": "UNICODE"}, {"processamento": "X"}, {"remetente": "A|B"}, {"destinatario": ""}],
)
def test_a_setting_that_does_not_fit_is_named(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidConfiguration, match=f"hl7.{next(iter(fields))}"):
        settings(**fields)


def test_msh_18_and_the_bytes_agree() -> None:
    for charset in COM_ACENTOS:
        body = mdm(settings(charset=charset), WHEN, PACIENTE, VISIT, NOTE).body
        assert f"|{charset}\r".encode() in body and "CONCEIÇÃO".encode(CHARSETS[charset]) in body

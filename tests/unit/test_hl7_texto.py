"""Text inside HL7: exact both ways, in every character set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.fusion.errors import ConfiguracaoInvalida, RegistroInvalido
from include.fusion.hl7.build import values
from include.fusion.hl7.build.adt import adt
from include.fusion.hl7.build.mdm import mdm, partes
from include.fusion.hl7.wire.escapes import APAGAR, CHARSETS, Delimitadores, aproximar, codificar, decodificar
from include.fusion.hl7.wire.parser import Mensagem, ler
from tests.unit.hl7_apoio import NOTA, PACIENTE, QUANDO, VISITA, ajustes

GRAVADOS = tuple(c for c in CHARSETS if c != "UNICODE")
COM_ACENTOS = ("8859/1", "8859/15", "UNICODE UTF-8")
DELIMITADORES = st.text(alphabet='|^~\\&\r\n"FSTREX.br0D AÇãé', max_size=60)


def textos(charset: str) -> st.SearchStrategy[str]:
    return st.text(alphabet=st.characters(codec=CHARSETS[charset]), max_size=80) | DELIMITADORES.filter(
        lambda t: t.encode(CHARSETS[charset], "replace").decode(CHARSETS[charset]) == t
    )


def nota(texto: str, charset: str) -> Mensagem:
    return ler(mdm(ajustes(charset=charset), QUANDO, PACIENTE_ASCII, VISITA_ASCII, values.Nota("1", "PN", texto, QUANDO)).corpo)


PACIENTE_ASCII = values.PacienteHl7("77", "MARIA SOUZA")
VISITA_ASCII = values.Visita("9001", "I")


@given(st.text(max_size=200) | DELIMITADORES)
def test_any_text_comes_back_exactly(texto: str) -> None:
    codificado = codificar(texto)
    assert decodificar(codificado) == texto
    assert not set(codificado) & set("|^~&\r\n\x0b\x1c")


@pytest.mark.parametrize("charset", GRAVADOS)
def test_any_text_survives_a_message_in_each_charset(charset: str) -> None:
    @given(textos(charset))
    def conferir(texto: str) -> None:
        lida = nota(texto, charset)
        assert "".join(lida.texto(s.campo(5)) for s in lida.de("OBX")) == texto.replace("\r\n", "\n").replace("\r", "\n")
        assert lida.avisos == () and len(lida.segmentos) == 6

    conferir()


@pytest.mark.parametrize("charset", GRAVADOS)
def test_a_component_survives_as_well(charset: str) -> None:
    @given(textos(charset).map(lambda t: t.replace("\r", "").strip()).filter(bool))
    def conferir(texto: str) -> None:
        paciente = values.PacienteHl7("7|7", "MARIA SOUZA", endereco=values.Endereco(bairro=texto, logradouro="Rua"))
        lida = ler(adt(ajustes(charset=charset), "A08", QUANDO, paciente, VISITA_ASCII).corpo)
        assert lida.valor("PID", 11, componente=8) == texto and lida.valor("PID", 3) == "7|7"

    conferir()


@given(st.lists(st.text(alphabet='|^~\\&"FSTRE.br Çãé', min_size=1, max_size=20).filter(str.strip), min_size=1, max_size=4))
def test_repetitions_come_back_one_by_one(textos: list[str]) -> None:
    alergia = values.Alergia("1", values.Codigo("PO", "Poeira"), "EA", "U", tuple(textos))
    lida = ler(adt(ajustes(), "A60", QUANDO, PACIENTE, alergias=[alergia]).corpo)
    assert [lida.valor("IAM", 5, repeticao=n) for n in range(1, len(textos) + 2)] == [*textos, ""]


@given(st.text(alphabet='\\.br"F|\nçx ', max_size=200), st.integers(min_value=12, max_value=60))
def test_a_long_text_is_cut_between_escapes(texto: str, maximo: int) -> None:
    pedacos = list(partes(codificar(texto), maximo))
    assert "".join(map(decodificar, pedacos)) == texto
    assert all(len(p) <= maximo for p in pedacos)


def test_a_note_of_a_megabyte_comes_back_from_its_parts() -> None:
    texto = "evolução | dia\n" * 80_000
    lida = nota(texto, "8859/1")
    assert len(lida.de("OBX")) > 20 and "".join(lida.texto(s.campo(5)) for s in lida.de("OBX")) == texto


def test_the_delete_marker_is_neither_nothing_nor_the_text_of_two_quotes() -> None:
    def social(valor: values.Texto) -> object:
        return ler(adt(ajustes(), "A31", QUANDO, values.PacienteHl7("7", "A B", nome_mae=valor)).corpo).valor(
            "PID", 6, componente=2 if valor == '""' else 1
        )

    assert social(APAGAR) is APAGAR
    assert social(None) == ""
    assert social('""') == '""'


def test_a_cancelled_discharge_deletes_the_date() -> None:
    lida = ler(adt(ajustes(), "A13", QUANDO, PACIENTE, values.Visita("9", "I", alta=APAGAR)).corpo)
    assert lida.bruto("PV1", 45) == '""'


@pytest.mark.parametrize(
    ("charset", "caractere", "ponto"), [("8859/1", "–", "U+2013"), ("ASCII", "ã", "U+00E3"), ("UNICODE UTF-8", "\ud800", "U+D800")]
)
def test_a_character_that_the_charset_lacks_is_an_error_with_field_and_code_point(charset: str, caractere: str, ponto: str) -> None:
    with pytest.raises(RegistroInvalido) as erro:
        nota(f"antes {caractere} depois", charset)
    assert erro.value.campo == "OBX-5" and ponto in erro.value.motivo and "antes" not in str(erro.value)


def test_the_field_is_named_where_it_is_not_the_last() -> None:
    with pytest.raises(RegistroInvalido) as erro:
        adt(ajustes(charset="ASCII"), "A31", QUANDO, values.PacienteHl7("7", "JOÃO"))
    assert erro.value.campo == "PID-5"


def test_typographic_signs_are_replaced_only_where_asked_for() -> None:
    assert aproximar("“SatO2” ≥ 94 % – João", "8859/1") == '"SatO2" >= 94 % - João'
    assert aproximar("João • ção", "ASCII") == "Joao - cao"
    assert aproximar("Flor 🌻 – x", "8859/1") == "Flor 🌻 - x"
    assert ler(mdm(ajustes(aproximar=True), QUANDO, PACIENTE, VISITA, values.Nota("1", "PN", "≥ 2")).corpo).valor("OBX", 5) == ">= 2"


def test_accents_written_as_two_characters_fit_once_composed() -> None:
    assert aproximar("Joa\u0303o", "8859/1") == "João"


@pytest.mark.parametrize(
    ("bruto", "texto"),
    [("a\\.br\\b", "a\nb"), ("a\\.sp2\\b", "a\n\nb"), ("\\H\\forte\\N\\", "forte"), ("\\XC3A7\\", "ç"), ("\\Zx\\", "\\Zx\\"), ("\\XZZ\\", "\\XZZ\\"), ("a\\b", "a\\b")],
)  # fmt: skip
def test_what_others_write_is_read(bruto: str, texto: str) -> None:
    assert decodificar(bruto) == texto


def test_hex_is_of_the_messages_own_charset() -> None:
    assert decodificar("\\XE7\\", codec="iso-8859-1") == "ç"


def test_other_delimiters_are_honoured() -> None:
    assert decodificar("#F#a#S#b#E#", Delimitadores("!", "@", "$", "#", "%")) == "!a@b#"


@pytest.mark.parametrize(
    "campos",
    [{"versao": "2.3"}, {"charset": "UTF-8"}, {"charset": "UNICODE"}, {"processamento": "X"}, {"remetente": "A|B"}, {"destinatario": ""}],
)
def test_a_setting_that_does_not_fit_is_named(campos: dict[str, str]) -> None:
    with pytest.raises(ConfiguracaoInvalida, match=f"hl7.{next(iter(campos))}"):
        ajustes(**campos)


def test_msh_18_and_the_bytes_agree() -> None:
    for charset in COM_ACENTOS:
        corpo = mdm(ajustes(charset=charset), QUANDO, PACIENTE, VISITA, NOTA).corpo
        assert f"|{charset}\r".encode() in corpo and "CONCEIÇÃO".encode(CHARSETS[charset]) in corpo

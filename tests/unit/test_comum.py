"""Helpers of the mappings: every form a driver or a site may deliver, and no value in a reason."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.fusion.errors import RegistroInvalido, motivo_de
from include.fusion.mapping import dates, documents, numbers, sections, values
from include.fusion.mapping.rich_text import html_para_texto, rtf_para_texto, texto_simples
from include.fusion.model.atendimento import Profissional

BAHIA = ZoneInfo("America/Bahia")
ESTRITO: Any = SimpleNamespace(omitir_documento_invalido=False)
TOLERANTE: Any = SimpleNamespace(omitir_documento_invalido=True)
QUALQUER: Any = object()


@pytest.mark.parametrize(
    "valor",
    [
        datetime(2026, 3, 1, 10, 30),
        "2026-03-01 10:30:00.0000000",
        "2026-03-01T10:30",
        "01/03/2026 10:30",
        datetime(2026, 3, 1, 13, 30, tzinfo=UTC),
    ],
)
def test_a_moment_is_read_in_every_form(valor: Any) -> None:
    achado = dates.data_hora(valor, BAHIA, "inicio")
    assert achado is not None
    assert achado.isoformat() == "2026-03-01T10:30:00-03:00"


@pytest.mark.parametrize("valor", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59), datetime(1753, 1, 1), date.max, "0001-01-01"])
def test_placeholder_dates_are_refused_with_their_range(valor: Any) -> None:
    with pytest.raises(RegistroInvalido, match="inicio: data fora do intervalo 1850 a 2200"):
        dates.data_hora(valor, BAHIA, "inicio")


@pytest.mark.parametrize("valor", ["31/02/2026", "ontem", "2026-13-01", 20260101])
def test_what_is_no_date_is_refused_without_its_value(valor: Any) -> None:
    with pytest.raises(RegistroInvalido) as erro:
        dates.data(valor, "nascimento")
    assert motivo_de(erro.value) == "nascimento: data inválida"


def test_a_day_keeps_its_date_whatever_the_form() -> None:
    assert {dates.data(v, "d") for v in (date(2020, 2, 29), datetime(2020, 2, 29), "2020-02-29", "29/02/2020")} == {date(2020, 2, 29)}
    assert dates.data("  ", "d") is None


@pytest.mark.parametrize(
    ("valor", "esperado"),
    [("36,5", 36.5), ("36.5", 36.5), ("1.234,56", 1234.56), ("1.234", 1.234), (Decimal("7.10"), 7.1), (",5", 0.5), (3, 3.0), ("", None)],
)
def test_numbers_take_comma_or_dot(valor: Any, esperado: float | None) -> None:
    assert numbers.numero(valor, "peso") == esperado


@pytest.mark.parametrize("valor", ["12,3,4", "abc", "1e9", "nan", float("inf"), Decimal("NaN"), 10**400, "९"])
def test_what_is_no_number_is_refused(valor: Any) -> None:
    with pytest.raises(RegistroInvalido, match="peso: número inválido"):
        numbers.numero(valor, "peso")


def test_a_result_may_be_prose() -> None:
    assert numbers.numero_se_houver("não reagente") is None
    assert numbers.numero_se_houver("12,5") == 12.5
    assert numbers.numero_se_houver("0.125") == 0.125


@pytest.mark.parametrize("valor", ["250.000", " 4.500 ", "-1.000"])
def test_a_result_that_may_be_thousands_or_a_fraction_has_no_number(valor: str) -> None:
    assert numbers.numero_se_houver(valor) is None


def test_blood_pressure_has_two_numbers() -> None:
    assert numbers.pressao("120/80", "pa") == numbers.pressao("120 x 80", "pa") == (120.0, 80.0)
    with pytest.raises(RegistroInvalido, match="pressão arterial inválida"):
        numbers.pressao("120", "pa")


@pytest.mark.parametrize(
    ("valor", "esperado"),
    [
        (" 7 ", "7"),
        (7, "7"),
        (7.0, "7"),
        (Decimal(7), "7"),
        (True, "1"),
        (UUID(int=10), str(UUID(int=10))),
        ("\x00 ", None),
        (None, None),
    ],
)
def test_codes_are_text(valor: Any, esperado: str | None) -> None:
    assert values.codigo(valor) == esperado


@pytest.mark.parametrize(
    ("valor", "esperado"), [("E119", "E11.9"), ("i10", "I10"), ("E11.9", "E11.9"), ("I10 -", "I10"), ("G01*", "G01"), ("", None)]
)
def test_icd_gets_its_dot(valor: str, esperado: str | None) -> None:
    assert documents.cid(valor) == esperado


def test_a_wrong_icd_is_refused() -> None:
    with pytest.raises(RegistroInvalido, match="cid10: CID-10 inválido"):
        documents.cid("DOR")


@pytest.mark.parametrize(
    ("valor", "esperado"),
    [(True, True), (0, False), (Decimal(1), True), (b"\x00", False), ("S", True), ("não", False), (None, False), ("", False)],
)
def test_flags_come_in_every_type(valor: Any, esperado: bool) -> None:
    assert values.booleano(valor) is esperado


def test_documents_keep_digits_and_numeric_ones_regain_zeros() -> None:
    assert documents.cpf("529.982.247-25", ESTRITO) == "52998224725"
    assert documents.cpf(191, ESTRITO) == "00000000191"
    assert documents.cpf(" ", ESTRITO) is None


def test_a_bad_document_is_kept_for_refusal_or_dropped_as_set() -> None:
    assert documents.cpf("11111111111", ESTRITO) == "11111111111"
    assert documents.cpf("não tem", ESTRITO) == "?"
    assert documents.cpf("11111111111", TOLERANTE) is None
    assert documents.cns("123", TOLERANTE) is None


def test_a_windows_dash_in_a_latin_1_column_does_not_join_two_numbers() -> None:
    linha = "dar 5–10 mg “lento”\nD’Ávila".encode("cp1252").decode("latin-1")
    assert values.texto(linha) == values.texto_clinico(linha) == "dar 5–10 mg “lento”\nD’Ávila"
    assert values.texto("5…10 mg‰".encode("cp1252").decode("latin-1")) == "5…10 mg‰"
    assert values.texto("a\x81\x07b") == "ab"
    assert values.texto("5…10 mg".encode("cp1252").decode("latin-1")) == "5…10 mg"


def test_a_word_processors_line_and_page_breaks_do_not_join_two_numbers() -> None:
    assert values.texto("dar 5\x0b10 gotas\x0c2 vezes") == "dar 5\n10 gotas\n2 vezes"


@pytest.mark.parametrize(
    ("colado", "lido"), [("5\x0b10 gotas", "5\n10 gotas"), ("5\x0c10", "5\n10"), ("5\x1e10 mg", "5-10 mg"), ("\x0b\x0c", None)]
)
def test_breaks_and_hyphens_of_word_do_not_join_two_numbers(colado: str, lido: str | None) -> None:
    assert values.texto(colado) == values.texto_clinico(colado) == lido


def test_html_becomes_lines_of_text() -> None:
    assert (
        texto_simples("<p>Dor&nbsp;há 3 dias<br/>PA &lt; 120</p><style>p{}</style><div>Nega febre</div>")
        == "Dor há 3 dias\nPA < 120\nNega febre"
    )


@pytest.mark.parametrize(
    ("valor", "lido"),
    [
        ("tomar 1<div>20 gotas</div><div>voltar</div>", "tomar 1\n20 gotas\nvoltar"),
        ("<ul><li>5 mg<li>10 mg</ul>", "5 mg\n10 mg"),
        ("<dl><dt>5</dt><dd>10</dd></dl>", "5\n10"),
        ("<table><tr><td>Glicose</td><td>12</td><td>6</td></tr><tr><td>K</td></tr></table>", "Glicose 12 6\nK"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("<p>10<sup>3</sup>/mm<sup>3</sup>, 1<sup>o</sup> dia</p>", "10^3/mm^3, 1o dia"),
    ],
)
def test_html_that_shows_two_numbers_never_reads_as_one(valor: str, lido: str) -> None:
    assert values.texto_clinico(valor) == lido


@pytest.mark.parametrize("valor", ["PA < 120 e FC > 80", "a & b", "x<y", "Sat >95%; T<37"])
def test_plain_text_with_signs_stays(valor: str) -> None:
    assert values.texto_clinico(valor) == valor


def test_rtf_loses_its_tables_and_keeps_accents() -> None:
    cabecalho = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator X;}"
    rtf = cabecalho + r"\f0 Evolu\'e7\'e3o:\par press\u227?o \b boa\b0  \u-10179?\u-8704?\{ok\}}"
    assert rtf_para_texto(rtf) == "Evolução:\npressão boa 😀{ok}"


def test_rtf_exponent_is_no_further_digit() -> None:
    rtf = r"{\rtf1 10{\super 3}/mm\super 3\nosupersub , 1{\super o} dia}"
    assert rtf_para_texto(rtf) == "10^3/mm^3, 1o dia"


@given(st.text(alphabet=st.sampled_from(list("<>/&;pbr{}\\'*u1 \nrtf!-")), max_size=200))
def test_no_markup_crashes_the_cleaner(valor: str) -> None:
    texto_simples(valor)
    rtf_para_texto(valor)
    html_para_texto(valor)


@pytest.mark.parametrize("pedaco", ["<", "<!--", "<p ", "<script>", "&", "{\\rtf", "\\u", " \n", "<p>ab</p>", "<div> ", "<td", "<sup>1"])
def test_a_megabyte_of_markup_takes_seconds_at_most(pedaco: str) -> None:
    inicio = time.perf_counter()
    texto_simples("{\\rtf1 <p>" + pedaco * (1_000_000 // len(pedaco)))
    texto_simples("<p>" + pedaco * (1_000_000 // len(pedaco)))
    assert time.perf_counter() - inicio < 8


def test_equal_professionals_are_one_instance_and_none_without_fields() -> None:
    assert sections.repetido(Profissional, codigo="1", nome="A") is sections.repetido(Profissional, codigo="1", nome="A")
    assert sections.se_houver(Profissional, codigo=None, nome=None) is None


def test_what_many_rows_share_is_made_once_of_its_columns_alone() -> None:
    feitos: list[Any] = []
    montar = sections.memorizado(("a", "b"), opcionais=("c",))(lambda x, _: feitos.append(x))
    for linha in ({"a": 1, "b": 2, "z": 1}, {"a": 1, "b": 2, "z": 2}, {"a": 1, "b": 2, "c": 3}):
        montar(linha, QUALQUER)
    assert feitos == [{"a": 1, "b": 2, "c": None}, {"a": 1, "b": 2, "c": 3}]


def test_a_column_that_must_be_there_is_missed() -> None:
    with pytest.raises(KeyError):
        sections.memorizado(("a", "b"))(lambda x, _: x)({"a": 1}, QUALQUER)


def test_a_row_gone_or_doubled_has_a_reason() -> None:
    with pytest.raises(RegistroInvalido, match="não existe mais na origem"):
        sections.unica({}, "atendimento")
    with pytest.raises(RegistroInvalido, match="duplicado"):
        sections.unica({"atendimento": [{}, {}]}, "atendimento")

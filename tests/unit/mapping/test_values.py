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

from include.fusion.errors import InvalidRecord, reason_of
from include.fusion.mapping import dates, documents, numbers, sections, values
from include.fusion.mapping.rich_text import html_to_text, plain_text, rtf_to_text
from include.fusion.model.atendimento import Profissional

BAHIA = ZoneInfo("America/Bahia")
ESTRITO: Any = SimpleNamespace(omit_invalid_document=False)
TOLERANTE: Any = SimpleNamespace(omit_invalid_document=True)
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
    match = dates.date_time(valor, BAHIA, "inicio")
    assert match is not None
    assert match.isoformat() == "2026-03-01T10:30:00-03:00"


@pytest.mark.parametrize("valor", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59), datetime(1753, 1, 1), date.max, "0001-01-01"])
def test_placeholder_dates_are_refused_with_their_range(valor: Any) -> None:
    with pytest.raises(InvalidRecord, match="inicio: data fora do intervalo 1850 a 2200"):
        dates.date_time(valor, BAHIA, "inicio")


@pytest.mark.parametrize("valor", ["31/02/2026", "ontem", "2026-13-01", 20260101])
def test_what_is_no_date_is_refused_without_its_value(valor: Any) -> None:
    with pytest.raises(InvalidRecord) as error:
        dates.to_date(valor, "nascimento")
    assert reason_of(error.value) == "nascimento: data inválida"


def test_a_day_keeps_its_date_whatever_the_form() -> None:
    assert {dates.to_date(v, "d") for v in (date(2020, 2, 29), datetime(2020, 2, 29), "2020-02-29", "29/02/2020")} == {date(2020, 2, 29)}
    assert dates.to_date("  ", "d") is None


@pytest.mark.parametrize(
    ("valor", "expected"),
    [("36,5", 36.5), ("36.5", 36.5), ("1.234,56", 1234.56), ("1.234", 1.234), (Decimal("7.10"), 7.1), (",5", 0.5), (3, 3.0), ("", None)],
)
def test_numbers_take_comma_or_dot(valor: Any, expected: float | None) -> None:
    assert numbers.to_number(valor, "peso") == expected


@pytest.mark.parametrize("valor", ["12,3,4", "abc", "1e9", "nan", float("inf"), Decimal("NaN"), 10**400, "९"])
def test_what_is_no_number_is_refused(valor: Any) -> None:
    with pytest.raises(InvalidRecord, match="peso: número inválido"):
        numbers.to_number(valor, "peso")


def test_a_result_may_be_prose() -> None:
    assert numbers.number_if_any("não reagente") is None
    assert numbers.number_if_any("12,5") == 12.5
    assert numbers.number_if_any("0.125") == 0.125


@pytest.mark.parametrize("valor", ["250.000", " 4.500 ", "-1.000"])
def test_a_result_that_may_be_thousands_or_a_fraction_has_no_number(valor: str) -> None:
    assert numbers.number_if_any(valor) is None


def test_blood_pressure_has_two_numbers() -> None:
    assert numbers.pressure("120/80", "pa") == numbers.pressure("120 x 80", "pa") == (120.0, 80.0)
    with pytest.raises(InvalidRecord, match="pressão arterial inválida"):
        numbers.pressure("120", "pa")


@pytest.mark.parametrize(
    ("valor", "expected"),
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
def test_codes_are_text(valor: Any, expected: str | None) -> None:
    assert values.to_code(valor) == expected


@pytest.mark.parametrize(
    ("valor", "expected"), [("E119", "E11.9"), ("i10", "I10"), ("E11.9", "E11.9"), ("I10 -", "I10"), ("G01*", "G01"), ("", None)]
)
def test_icd_gets_its_dot(valor: str, expected: str | None) -> None:
    assert documents.cid(valor) == expected


def test_a_wrong_icd_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="cid10: CID-10 inválido"):
        documents.cid("DOR")


@pytest.mark.parametrize(
    ("valor", "expected"),
    [(True, True), (0, False), (Decimal(1), True), (b"\x00", False), ("S", True), ("não", False), (None, False), ("", False)],
)
def test_flags_come_in_every_type(valor: Any, expected: bool) -> None:
    assert values.boolean(valor) is expected


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
    row = "dar 5–10 mg “lento”\nD’Ávila".encode("cp1252").decode("latin-1")
    assert values.to_text(row) == values.clinical_text(row) == "dar 5–10 mg “lento”\nD’Ávila"
    assert values.to_text("5…10 mg‰".encode("cp1252").decode("latin-1")) == "5…10 mg‰"
    assert values.to_text("a\x81\x07b") == "ab"
    assert values.to_text("5…10 mg".encode("cp1252").decode("latin-1")) == "5…10 mg"


def test_a_word_processors_line_and_page_breaks_do_not_join_two_numbers() -> None:
    assert values.to_text("dar 5\x0b10 gotas\x0c2 vezes") == "dar 5\n10 gotas\n2 vezes"


@pytest.mark.parametrize(
    ("glued", "read_item"), [("5\x0b10 gotas", "5\n10 gotas"), ("5\x0c10", "5\n10"), ("5\x1e10 mg", "5-10 mg"), ("\x0b\x0c", None)]
)
def test_breaks_and_hyphens_of_word_do_not_join_two_numbers(glued: str, read_item: str | None) -> None:
    assert values.to_text(glued) == values.clinical_text(glued) == read_item


def test_html_becomes_lines_of_text() -> None:
    assert (
        plain_text("<p>Dor&nbsp;há 3 dias<br/>PA &lt; 120</p><style>p{}</style><div>Nega febre</div>")
        == "Dor há 3 dias\nPA < 120\nNega febre"
    )


@pytest.mark.parametrize(
    ("valor", "read_item"),
    [
        ("tomar 1<div>20 gotas</div><div>voltar</div>", "tomar 1\n20 gotas\nvoltar"),
        ("<ul><li>5 mg<li>10 mg</ul>", "5 mg\n10 mg"),
        ("<dl><dt>5</dt><dd>10</dd></dl>", "5\n10"),
        ("<table><tr><td>Glicose</td><td>12</td><td>6</td></tr><tr><td>K</td></tr></table>", "Glicose 12 6\nK"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("<p>10<sup>3</sup>/mm<sup>3</sup>, 1<sup>o</sup> dia</p>", "10^3/mm^3, 1o dia"),
    ],
)
def test_html_that_shows_two_numbers_never_reads_as_one(valor: str, read_item: str) -> None:
    assert values.clinical_text(valor) == read_item


@pytest.mark.parametrize("valor", ["PA < 120 e FC > 80", "a & b", "x<y", "Sat >95%; T<37"])
def test_plain_text_with_signs_stays(valor: str) -> None:
    assert values.clinical_text(valor) == valor


def test_rtf_loses_its_tables_and_keeps_accents() -> None:
    header = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator X;}"
    rtf = header + r"\f0 Evolu\'e7\'e3o:\par press\u227?o \b boa\b0  \u-10179?\u-8704?\{ok\}}"
    assert rtf_to_text(rtf) == "Evolução:\npressão boa 😀{ok}"


def test_rtf_exponent_is_no_further_digit() -> None:
    rtf = r"{\rtf1 10{\super 3}/mm\super 3\nosupersub , 1{\super o} dia}"
    assert rtf_to_text(rtf) == "10^3/mm^3, 1o dia"


@given(st.text(alphabet=st.sampled_from(list("<>/&;pbr{}\\'*u1 \nrtf!-")), max_size=200))
def test_no_markup_crashes_the_cleaner(valor: str) -> None:
    plain_text(valor)
    rtf_to_text(valor)
    html_to_text(valor)


@pytest.mark.parametrize("piece", ["<", "<!--", "<p ", "<script>", "&", "{\\rtf", "\\u", " \n", "<p>ab</p>", "<div> ", "<td", "<sup>1"])
def test_a_megabyte_of_markup_takes_seconds_at_most(piece: str) -> None:
    start = time.perf_counter()
    plain_text("{\\rtf1 <p>" + piece * (1_000_000 // len(piece)))
    plain_text("<p>" + piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - start < 8


def test_equal_professionals_are_one_instance_and_none_without_fields() -> None:
    assert sections.repeated(Profissional, codigo="1", nome="A") is sections.repeated(Profissional, codigo="1", nome="A")
    assert sections.if_any(Profissional, codigo=None, nome=None) is None


def test_what_many_rows_share_is_made_once_of_its_columns_alone() -> None:
    done: list[Any] = []
    build = sections.memoised(("a", "b"), optional=("c",))(lambda x, _: done.append(x))
    for row in ({"a": 1, "b": 2, "z": 1}, {"a": 1, "b": 2, "z": 2}, {"a": 1, "b": 2, "c": 3}):
        build(row, QUALQUER)
    assert done == [{"a": 1, "b": 2, "c": None}, {"a": 1, "b": 2, "c": 3}]


def test_a_column_that_must_be_there_is_missed() -> None:
    with pytest.raises(KeyError):
        sections.memoised(("a", "b"))(lambda x, _: x)({"a": 1}, QUALQUER)


def test_a_row_gone_or_doubled_has_a_reason() -> None:
    with pytest.raises(InvalidRecord, match="não existe mais na origem"):
        sections.only_row({}, "atendimento")
    with pytest.raises(InvalidRecord, match="duplicado"):
        sections.only_row({"atendimento": [{}, {}]}, "atendimento")

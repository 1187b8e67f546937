"""HTML and RTF become the text that a person read in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.fusion.mapping import values
from include.fusion.mapping.rich_text import html_to_text, plain_text, rtf_to_text


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
@pytest.mark.timeout(120)
def test_a_long_text_of_nothing_but_markup_is_read_to_its_end(piece: str) -> None:
    """Each character is looked at a few times. Work that grew with the square of the length would outlast the suite's time-out by far."""
    markup = piece * (400_000 // len(piece))
    for begins in ("{\\rtf1 <p>", "<p>"):
        assert "fim" in plain_text(f"{begins}fim {markup}")[:10]

"""The report's page and lines."""

from __future__ import annotations

from datetime import UTC, datetime

from include.fusion.checkup.page import as_html, as_lines
from include.fusion.checkup.report import Finding, Report


def report(*findings: Finding) -> Report:
    made = Report("mv", "MV <Norte>", "mv", datetime(2026, 5, 1, tzinfo=UTC))
    made.add("Tipos de dado", findings, [["código", "palavra"], ["<b>", "X"]], "GRANT SELECT ON a TO b;")
    return made


def test_the_worst_comes_first_and_nothing_of_a_source_is_markup() -> None:
    page = as_html(report(Finding("ok", "Exames"), Finding("falha", "Alergias", "a coluna <i> não existe", "Peça")))
    assert page.index("Alergias") < page.index("Exames")
    assert "MV &lt;Norte&gt;" in page and "&lt;i&gt;" in page and "<td>&lt;b&gt;</td>" in page


def test_lines_say_how_to_mend_and_end_with_the_sentence() -> None:
    lines = list(as_lines(report(Finding("falha", "Alergias", "sem permissão", "Peça ao DBA"))))
    assert "  ✗ Alergias – sem permissão [Peça ao DBA]" in lines
    assert lines[-1] == "MV <Norte>: Nem tudo vai trafegar (1 falhas, 0 sem conferir, 0 avisos, 0 em ordem)"


def test_a_report_comes_back_from_its_json() -> None:
    made = report(Finding("incerto", "Origem"))
    assert made.exit_code == 2 and Report.from_json(made.as_json()).as_json() == made.as_json()

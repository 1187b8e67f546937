"""Codes beside their words: what is missing comes first, and the YAML can be used as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.fusion.checkup.codes import Census, code_findings, code_table, yaml_to_fill
from include.fusion.model.depara import Catalog, read_catalogs


@pytest.fixture
def census() -> Census:
    made = Census(
        {
            "sexo": Catalog(politica="recusar", codigos={"M": "MASCULINO"}),
            "vias": Catalog(politica="padrao", padrao="OUTRA", codigos={"VO": "ORAL"}),
        }
    )
    for code in ("M", "M", "7", "7", "7"):
        made.translate("sexo", code)
    made.translate("vias", "12", "Intra-óssea")
    return made


def test_codes_without_a_word_come_first(census: Census) -> None:
    assert [(c.catalog, c.code, c.times, c.known) for c in census.codes()] == [
        ("sexo", "7", 3, False),
        ("vias", "12", 1, False),
        ("sexo", "M", 2, True),
    ]


def test_a_catalogue_that_refuses_is_a_failure_and_one_with_a_default_is_told(census: Census) -> None:
    assert [(f.state, f.title) for f in code_findings(census)] == [
        ("falha", "sexo: 1 códigos sem palavra"),
        ("aviso", "vias: 1 códigos sem palavra"),
    ]


def test_the_yaml_is_a_whole_file_with_a_line_to_fill_in(census: Census, tmp_path: Path) -> None:
    text = yaml_to_fill(census)
    assert '# "7":    #  (3 vezes)' in text
    (tmp_path / "mv.yaml").write_text(text.replace('# "7":', '"7": MASCULINO'), encoding="utf-8")
    assert read_catalogs(tmp_path / "mv.yaml")["sexo"].codigos == {"m": "MASCULINO", "7": "MASCULINO"}


def test_free_text_in_a_column_of_codes_is_not_shown(census: Census) -> None:
    census.translate("sexo", "Maria das Dores")
    assert "Maria" not in str(code_table(census)) + yaml_to_fill(census)


def test_what_runs_met_is_added_unless_it_has_a_word_by_now(census: Census) -> None:
    census.add({("sexo", "9"): 40, ("vias", "vo"): 2, ("extinto", "1"): 1})
    assert [(c.code, c.times) for c in census.codes() if not c.known] == [("9", 40), ("7", 3), ("12", 1)]

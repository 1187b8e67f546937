"""De/Para: translation, misses, and what a wrong file says."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from include.fusion.cli.depara import main
from include.fusion.errors import CodeWithoutDePara, InvalidConfiguration
from include.fusion.model import atendimento, types
from include.fusion.model.depara import DePara, read_catalogs, shipped
from include.fusion.settings.registry import systems
from include.fusion.wiring.systems import system_named

TABLES = """
catalogos:
  sexo: {politica: recusar, codigos: {M: MASCULINO, NO: FEMININO, 01: INDETERMINADO}}
  via: {politica: repassar, codigos: {}}
  vacina: {politica: repassar, codigos: {"1": BCG}}
  exame: {politica: padrao, padrao: OUTRO, codigos: {"1": IMAGEM}}
"""


@pytest.fixture
def write_text(tmp_path: Path) -> Callable[[str], DePara]:
    def _write_text(text: str) -> DePara:
        (tmp_path / "sistema.yaml").write_text(text, encoding="utf-8")
        return DePara.load("hospital", "sistema", tmp_path)

    return _write_text


@pytest.fixture
def depara(write_text: Callable[[str], DePara]) -> DePara:
    return write_text(TABLES)


def test_case_and_outer_blanks_do_not_count(depara: DePara) -> None:
    assert depara.translate("sexo", " m ") == "MASCULINO"


@pytest.mark.parametrize("codigo", [None, "", "  "])
def test_no_code_is_none_and_no_miss(depara: DePara, codigo: str | None) -> None:
    assert depara.translate("sexo", codigo) is None and not depara.unmapped


@pytest.mark.parametrize(("codigo", "valor"), [("no", "FEMININO"), ("01", "INDETERMINADO")])
def test_codes_that_yaml_would_convert_stay_text(depara: DePara, codigo: str, valor: str) -> None:
    assert depara.translate("sexo", codigo) == valor


@pytest.mark.parametrize("codigo", [1, 1.0, Decimal(1), Decimal("1.0"), True, "1"])
def test_numeric_columns_match_their_code(depara: DePara, codigo: Any) -> None:
    assert depara.translate("exame", codigo) == "IMAGEM"


def test_refused_code_is_raised_and_counted(depara: DePara) -> None:
    for _ in range(2):
        with pytest.raises(CodeWithoutDePara):
            depara.translate("sexo", "X ")
    assert depara.unmapped == {("sexo", "X"): 2}


def test_default_stands_in_and_counts(depara: DePara) -> None:
    assert depara.translate("exame", "9") == "OUTRO" and depara.unmapped == {("exame", "9"): 1}


def test_passed_code_counts_only_where_codes_are_mapped(depara: DePara) -> None:
    assert (depara.translate("via", "14"), depara.translate("vacina", "77")) == ("14", "77")
    assert depara.unmapped == {("vacina", "77"): 1}


def test_every_miss_counts_however_often_it_is_asked(depara: DePara) -> None:
    assert [depara.translate("vacina", code) for code in ("9", "9", "1", "1")] == ["9", "9", "BCG", "BCG"]
    assert depara.unmapped == {("vacina", "9"): 2}


def test_equal_numbers_of_other_texts_are_other_codes(depara: DePara) -> None:
    assert [depara.translate("via", Decimal(text)) for text in ("1.10", "1.1")] == ["1.10", "1.1"]


def test_misses_do_not_grow_without_end(depara: DePara, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.fusion.model.depara.UNMAPPED_MAX", 2)
    for code in "abcdab":
        depara.translate("exame", code)
    assert depara.unmapped == {("exame", "a"): 2, ("exame", "b"): 2}


def test_unknown_catalogue_is_a_fault_of_the_file(depara: DePara) -> None:
    with pytest.raises(InvalidConfiguration, match=r"catalogos\.dose: required"):
        depara.translate("dose", "1")


def test_own_file_wins_over_the_systems(depara: DePara, tmp_path: Path) -> None:
    (tmp_path / "hospital.yaml").write_text("catalogos: {sexo: {politica: recusar, codigos: {1: FEMININO}}}")
    assert DePara.load("hospital", "sistema", tmp_path).translate("sexo", "1") == "FEMININO"


def test_misses_are_not_shared_between_loads(depara: DePara, tmp_path: Path) -> None:
    depara.translate("exame", "9")
    assert not DePara.load("hospital", "sistema", tmp_path).unmapped


@pytest.mark.parametrize(
    ("texto", "complaint"),
    [
        (
            "catalogos: {s: {politica: negar, codigos: {}}}",
            r"catalogos\.s\.politica: expected 'recusar', 'repassar' or 'padrao', found 'negar'",
        ),
        ("catalogos: {s: {politica: padrao, codigos: {}}}", r"catalogos\.s: politica: padrao needs"),
        ("catalogos: {s: {politica: recusar, padrao: X, codigos: {}}}", r"catalogos\.s: politica: padrao needs"),
        ("catalogos: {s: {politica: recusar, codigos: {M: A, m: B}}}", r"catalogos\.s\.codigos: codes 'M' and 'm' are the same"),
        ("catalogos: {s: {politica: recusar, codigos: {M: A, M: A}}}", "key 'M' appears twice"),
        ("catalogos: {s: {politca: recusar, codigos: {}}}", "did you mean 'politica'"),
        ("catalogos: {s: {politica: recusar, codigos: {M: }}}", r"catalogos\.s\.codigos\.M: expected text, found nothing"),
        ("", "expected a mapping"),
    ],
)
def test_wrong_file_is_refused_with_its_path(write_text: Callable[[str], DePara], texto: str, complaint: str) -> None:
    with pytest.raises(InvalidConfiguration, match=rf"sistema\.yaml: .*{complaint}"):
        write_text(texto)


def test_missing_file_names_both_that_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"neither hospital\.yaml nor sistema\.yaml"):
        DePara.load("hospital", "sistema", tmp_path)


def _words(patient_class: type[types._Base], field: str) -> set[str]:
    def unfold(annotation: Any) -> set[str]:
        return {annotation} if isinstance(annotation, str) else {p for part in get_args(annotation) for p in unfold(part)}

    return unfold(patient_class.model_fields[field].annotation)


DESTINATIONS = {
    "sexo": _words(atendimento.Paciente, "sexo"),
    "raca_cor": _words(atendimento.Paciente, "raca_cor"),
    "tipo_atendimento": _words(atendimento.Atendimento, "tipo"),
    "situacao_atendimento": _words(atendimento.Atendimento, "situacao"),
    "categoria_alergia": _words(atendimento.Alergia, "categoria"),
    "gravidade_alergia": _words(atendimento.Alergia, "gravidade"),
    "tipo_diagnostico": _words(atendimento.Diagnostico, "tipo"),
    "situacao_problema": _words(atendimento.Diagnostico, "situacao"),
    "situacao_cirurgia": _words(atendimento.Cirurgia, "situacao"),
    "tipo_exame": _words(atendimento.SolicitacaoExame, "tipo"),
    "tipo_glicemia": {"JEJUM", "POS_PRANDIAL", "PRE_PRANDIAL", "NAO_ESPECIFICADO"},
}


# The words of messages are HL7's own.
DO_MODELO = [s for s in systems() if not any(p.messages for p in system_named(s).processos)]


@pytest.mark.parametrize("sistema", DO_MODELO)
def test_shipped_tables_only_use_words_of_the_model(sistema: str) -> None:
    for name, catalog in read_catalogs(shipped(sistema)).items():
        if name in DESTINATIONS:
            assert {*catalog.codigos.values(), *filter(None, [catalog.padrao])} <= DESTINATIONS[name], name


def test_esus_race_follows_ledi_and_refuses_rnds_codes() -> None:
    depara = DePara.load("esus_ab", "esus_ab")
    assert (depara.translate("raca_cor", 3), depara.translate("raca_cor", 4)) == ("AMARELA", "PARDA")
    with pytest.raises(CodeWithoutDePara):
        depara.translate("raca_cor", "03")


def test_a_reason_shows_a_code_and_nothing_else_that_somebody_typed_there() -> None:
    depara = DePara.load("esus_ab", "esus_ab")
    with pytest.raises(CodeWithoutDePara, match="código '7' sem"):
        depara.translate("sexo", "7")
    with pytest.raises(CodeWithoutDePara) as refused:
        depara.translate("sexo", "MARIA DA SILVA")
    assert "MARIA" not in str(refused.value)


def test_a_table_beside_the_settings_file_is_the_entrys_own() -> None:
    depara = DePara.load("com_tabela_propria", "mv")
    assert depara.translate("sexo", "x") == "FEMININO"
    with pytest.raises(CodeWithoutDePara):
        depara.translate("sexo", "M")


def test_validar_checks_the_shipped_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validar"]) == 0
    assert "esus_ab/depara.yaml: " in capsys.readouterr().out


def test_validar_fails_on_a_wrong_or_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSION_DEPARA", os.fspath(tmp_path))
    assert main(["validar"]) == 1
    (tmp_path / "a.yaml").write_text("catalogos: 1")
    assert main(["validar"]) == 1

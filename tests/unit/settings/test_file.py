"""The settings file: what is read, and what a wrong one says."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from include.fusion.cli.settings import main
from include.fusion.errors import InvalidConfiguration
from include.fusion.settings import installed, load, obtain, read_file
from include.fusion.sistemas.consulfarma.settings import Consulfarma
from include.fusion.sistemas.esus_ab.settings import EsusAb
from include.fusion.sistemas.fusion_service.settings import FusionService
from include.fusion.sistemas.skymed.settings import Skymed
from tests import ROOT

CONSULFARMA = """
  - id: {id}
    sistema: consulfarma
    nome: Consulfarma
    IntegracaoID: {codigo}
    fuso_horario: America/Bahia
    conexoes: {{origem: {origem}}}
    carga: {carga}
    importacao: {importacao}
"""
ESUS = """
  - id: esus_ab
    sistema: esus_ab
    nome: e-SUS
    IntegracaoID: 65
    fuso_horario: America/Bahia
    conexoes: {{origem: esus}}
    importacao: {importacao}
"""

EXAMPLE = ROOT / "examples" / "integracoes.yaml"
Escrever = Callable[[str], Path]


def consulfarma(id: str = "consulfarma", code: str = "12", origin: str = "c", carga: str = "{}", importacao: str = "{}") -> str:
    return CONSULFARMA.format(id=id, codigo=code, origem=origin, carga=carga, importacao=importacao)


def esus(importacao: str = "{LayoutID: 7}") -> str:
    return ESUS.format(importacao=importacao)


@pytest.fixture
def write_text(tmp_path: Path) -> Escrever:
    def _write_text(entries: str) -> Path:
        file = tmp_path / "integracoes.yaml"
        file.write_text("integracoes:" + entries, encoding="utf-8")
        return file

    return _write_text


def refusal(file: Path) -> str:
    with pytest.raises(InvalidConfiguration) as error:
        load(file)
    return str(error.value)


def test_the_example_holds_the_integrations_of_the_sandbox() -> None:
    numbers = {"consulfarma": 12, "esus_ab": 65, "mv": 4, "skymed": 44, "fusion_service": 45, "sotech": 30, "tasy": 7, "trackcare": 2}
    assert numbers.items() <= {i.id: i.integracao_id for i in load(EXAMPLE)}.items()
    (esus_ab,) = installed(EsusAb, EXAMPLE)
    assert esus_ab.importacao.layout_id == 7 and esus_ab.carga_inicial


def test_the_service_processes_what_skymed_announces() -> None:
    (skymed,), (service,) = installed(Skymed, EXAMPLE), installed(FusionService, EXAMPLE)
    assert service.buscar_pendencias.atende == [skymed.integracao_id]
    assert service.buscar_pendencias.aplicacao == skymed.importar_pendencias.aplicacao
    assert service.search.intervalo_vigia == timedelta(seconds=1)


def test_defaults_are_those_of_the_old_services(write_text: Escrever) -> None:
    (integracao,) = installed(Consulfarma, write_text(consulfarma()))
    assert integracao.carga.intervalo == timedelta(hours=23, seconds=5)
    assert integracao.importacao.intervalo == timedelta(seconds=5)


@pytest.mark.parametrize("texto", ['"23:00:05"', "23:00:05", "82805"])
def test_quotes_do_not_change_an_interval(write_text: Escrever, texto: str) -> None:
    (integracao,) = installed(Consulfarma, write_text(consulfarma(carga=f"{{IntervaloCarga: {texto}}}")))
    assert integracao.carga.intervalo == timedelta(seconds=82805)


@pytest.mark.parametrize("texto", ["00:00:05", "00:00:05.5", "01:00:00"])
def test_no_interval_is_read_as_a_yaml_sexagesimal(write_text: Escrever, texto: str) -> None:
    com, without = (
        installed(Consulfarma, write_text(consulfarma(importacao=f"{{Interval: {t}}}")))[0].importacao.intervalo
        for t in (texto, f'"{texto}"')
    )
    assert com == without


def test_unquoted_24_hours_are_refused_too(write_text: Escrever) -> None:
    assert "write 1.00:00:00" in refusal(write_text(consulfarma(carga="{IntervaloCarga: 24:00:00}")))


def test_two_hospitals_with_one_system_are_two_entries(write_text: Escrever) -> None:
    file = write_text(consulfarma() + consulfarma("norte", "13", "c_norte"))
    assert [i.id for i in installed(Consulfarma, file)] == ["consulfarma", "norte"]


def test_disabled_entry_is_checked_but_not_installed(write_text: Escrever) -> None:
    file = write_text(consulfarma() + "    habilitada: false\n")
    assert len(load(file)) == 1 and installed(Consulfarma, file) == ()


def test_error_names_file_path_expectation_and_finding(write_text: Escrever) -> None:
    text = refusal(write_text(consulfarma() + esus('{LayoutID: 7, MaxRecords: "muitos"}')))
    assert "integracoes.yaml: integracoes[1].importacao.MaxRecords: expected an integer, found 'muitos'" in text


def test_misspelt_key_gets_a_suggestion(write_text: Escrever) -> None:
    assert "importacao.maxrecord: unknown key; did you mean 'MaxRecords'?" in refusal(write_text(consulfarma(importacao="{maxrecord: 5}")))


def test_quoted_number_is_no_number(write_text: Escrever) -> None:
    assert "IntegracaoID: expected an integer, found '12'" in refusal(write_text(consulfarma(code='"12"')))


def test_every_fault_is_listed_at_once(write_text: Escrever) -> None:
    text = refusal(write_text(consulfarma(code="0", importacao="{lote: 0}") + esus("{}")))
    assert len(text.splitlines()) == 3


def test_a_fault_stops_its_entry_alone(write_text: Escrever) -> None:
    file = write_text(consulfarma() + consulfarma("norte", "13", "x", importacao="{maxrecord: 5}") + esus() + "  -\n")
    read_item = read_file(file)
    assert (
        [i.id for i in read_item.entries] == ["consulfarma", "esus_ab"] == [i.id for t in (Consulfarma, EsusAb) for i in installed(t, file)]
    )
    assert [f.entry_id for f in read_item.faults] == ["norte", "integracoes[3]"]
    assert "integracoes[3]: expected a mapping (key: value lines), found nothing" in read_item.faults[1].text
    assert obtain("consulfarma", file).integracao_id == 12
    with pytest.raises(InvalidConfiguration, match="did you mean 'MaxRecords'"):
        obtain("norte", file)


def test_both_of_two_entries_that_share_a_queue_are_stopped(write_text: Escrever) -> None:
    read_item = read_file(write_text(consulfarma() + esus() + consulfarma("norte", "12", "x")))
    assert [i.id for i in read_item.entries] == ["esus_ab"]
    assert [f.entry_id for f in read_item.faults] == ["consulfarma", "norte"]


def test_repeated_key_is_an_error_with_its_line(write_text: Escrever) -> None:
    assert "key 'nome' appears twice (first on line 4)" in refusal(write_text(consulfarma() + "    nome: Outro\n"))


def test_both_names_of_one_interval_are_too_many(write_text: Escrever) -> None:
    duplo = '{Interval: "00:00:05", IntervaloImportacao: "00:00:06"}'
    assert "importacao.Interval: unknown key" in refusal(write_text(consulfarma(importacao=duplo)))


def test_a_lease_that_cannot_be_renewed_in_time_is_refused(write_text: Escrever) -> None:
    assert "importacao.prazo_reserva: expected at least 10 seconds" in refusal(write_text(consulfarma(importacao="{prazo_reserva: 5}")))


MV = """
  - {{id: mv, sistema: mv, nome: MV, IntegracaoID: 4, fuso_horario: America/Bahia, conexoes: {{origem: mv}}, {secao}: {{lote: {lote}}}}}
"""


@pytest.mark.parametrize("section", ["processamento_pendencia_abertura", "acompanhamento", "carga_inicial"])
def test_a_batch_that_oracle_cannot_list_is_refused(write_text: Escrever, section: str) -> None:
    assert f"{section}.lote: expected at most 1000 (the longest list in a statement of oracle), found 1001" in refusal(
        write_text(MV.format(secao=section, lote=1001))
    )
    assert load(write_text(MV.format(secao=section, lote=1000)))


def test_an_engine_without_that_limit_lists_more(write_text: Escrever) -> None:
    assert load(write_text(consulfarma(importacao="{lote: 2000}") + esus("{LayoutID: 7, lote: 2000}")))


def test_what_reads_nothing_at_the_source_may_take_more_than_it_lists(write_text: Escrever) -> None:
    text = MV.format(secao="importar_pendencias", lote=2000).replace("mv,", "skymed,")
    assert load(write_text(text))[0].delivery.lote == 2000


def test_esus_needs_its_layout(write_text: Escrever) -> None:
    assert "importacao.LayoutID: required, but missing" in refusal(write_text(esus("{}")))


def test_unknown_system_gets_a_suggestion(write_text: Escrever) -> None:
    assert "did you mean 'esus_ab'?" in refusal(write_text(esus().replace("sistema: esus_ab", "sistema: esusab")))


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (consulfarma("Consulfarma", "13", "x"), "integracoes[1].id"),
        (consulfarma("norte", "12", "x"), "integracoes[1].IntegracaoID"),
        (consulfarma("norte", "13", "c"), "integracoes[1].conexoes.origem"),
    ],
)
def test_entries_that_would_share_state_are_refused(write_text: Escrever, other: str, field: str) -> None:
    assert f"{field}: same as integracoes[0]" in refusal(write_text(consulfarma() + other))


def test_an_entry_cannot_take_the_initial_loads_dag_id(write_text: Escrever) -> None:
    assert "integracoes[1].id" in refusal(write_text(esus() + consulfarma("esus_ab_carga_inicial")))


def test_connection_string_in_place_of_an_id_is_not_repeated(write_text: Escrever) -> None:
    text = refusal(write_text(consulfarma(origin='"Server=s;Password=S3gredo"')))
    assert "conexoes.origem" in text and "S3gredo" not in text


@pytest.mark.parametrize("zone", ["America/Salvadr", "../etc", "America"])
def test_time_zone_must_exist(write_text: Escrever, zone: str) -> None:
    assert "fuso_horario: expected an IANA time zone" in refusal(write_text(consulfarma().replace("America/Bahia", zone)))


def test_id_must_be_a_dag_id(write_text: Escrever) -> None:
    assert "integracoes[0].id" in refusal(write_text(consulfarma(id='"hospital norte"')))


def test_layout_route_needs_its_placeholder(write_text: Escrever) -> None:
    assert "{layoutId} once" in refusal(write_text(esus() + "    rotas: {layout_json: /api/Json}\n"))


def test_layout_route_takes_the_layout(write_text: Escrever) -> None:
    assert load(write_text(esus()))[0].rotas.of_layout(7) == "/api/Json/7"


def test_sql_folder_hangs_on_the_settings_file(write_text: Escrever, tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    assert load(write_text(consulfarma() + "    pasta_sql: sql\n"))[0].pasta_sql == tmp_path / "sql"


def test_sql_folder_must_exist(write_text: Escrever) -> None:
    assert "pasta_sql: expected an existing folder" in refusal(write_text(consulfarma() + "    pasta_sql: sql\n"))


@pytest.mark.parametrize("conteudo", ["", "- 1", "integracoes: []", "integracoes: [1]", "integracoes: [", "\x00"])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, conteudo: str) -> None:
    file = tmp_path / "integracoes.yaml"
    file.write_text(conteudo)
    assert "integracoes.yaml" in refusal(file)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert "not found" in refusal(tmp_path / "nada.yaml")


def test_a_change_is_seen_and_no_change_is_not_read_again(write_text: Escrever) -> None:
    file = write_text(consulfarma())
    before = load(file)
    assert load(file) is before
    write_text(consulfarma(code="77"))
    assert load(file)[0].integracao_id == 77


def test_settings_do_not_change_after_reading(write_text: Escrever) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(write_text(consulfarma()))[0].nome = "outro"  # type: ignore[misc]


def test_environment_names_the_file_and_the_folder_does_not_matter(
    write_text: Escrever, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(load()) > 1
    monkeypatch.setenv("FUSION_SETTINGS", os.fspath(write_text(consulfarma())))
    assert len(load()) == 1


def test_obter_says_which_id_is_missing(write_text: Escrever) -> None:
    with pytest.raises(InvalidConfiguration, match="no entry with id 'mv'"):
        obtain("mv", write_text(consulfarma()))


def test_composed_import_has_what_both_its_parts_have(write_text: Escrever) -> None:
    (esus_ab,) = installed(EsusAb, write_text(esus("{LayoutID: 7, vigiar_origem: false, concorrencia: 4}")))
    assert not esus_ab.search.vigiar_origem and esus_ab.delivery.concorrencia == 4


def test_validar_says_intervals_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validar"]) == 0
    assert "a cada 23 h 0 min 5 s" in capsys.readouterr().out


def test_validar_fails_readably(write_text: Escrever, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validar", os.fspath(write_text(esus("{}")))]) == 1
    assert "integracoes[0].importacao.LayoutID: required" in capsys.readouterr().err


def test_validar_lists_the_faults_of_all_entries(write_text: Escrever, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validar", os.fspath(write_text(consulfarma(importacao="{lote: 0}") + esus("{}")))]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_validar_misses_a_depara_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FUSION_DEPARA", os.fspath(tmp_path))
    assert main(["validar"]) == 1
    assert "neither consulfarma.yaml" in capsys.readouterr().err

"""The settings file: what is read, and what a wrong one says."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from include.fusion.cli.settings import main
from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.settings import carregar, instaladas, obter, read_file
from include.fusion.sistemas.consulfarma.settings import Consulfarma
from include.fusion.sistemas.esus_ab.settings import EsusAb
from include.fusion.sistemas.fusion_service.settings import FusionService
from include.fusion.sistemas.skymed.settings import Skymed

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

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "integracoes.yaml"
Escrever = Callable[[str], Path]


def consulfarma(id: str = "consulfarma", codigo: str = "12", origem: str = "c", carga: str = "{}", importacao: str = "{}") -> str:
    return CONSULFARMA.format(id=id, codigo=codigo, origem=origem, carga=carga, importacao=importacao)


def esus(importacao: str = "{LayoutID: 7}") -> str:
    return ESUS.format(importacao=importacao)


@pytest.fixture
def escrever(tmp_path: Path) -> Escrever:
    def _escrever(entradas: str) -> Path:
        arquivo = tmp_path / "integracoes.yaml"
        arquivo.write_text("integracoes:" + entradas, encoding="utf-8")
        return arquivo

    return _escrever


def recusa(arquivo: Path) -> str:
    with pytest.raises(ConfiguracaoInvalida) as erro:
        carregar(arquivo)
    return str(erro.value)


def test_the_example_holds_the_integrations_of_the_sandbox() -> None:
    numeros = {"consulfarma": 12, "esus_ab": 65, "mv": 4, "skymed": 44, "fusion_service": 45, "sotech": 30, "tasy": 7, "trackcare": 2}
    assert numeros.items() <= {i.id: i.integracao_id for i in carregar(EXAMPLE)}.items()
    (esus_ab,) = instaladas(EsusAb, EXAMPLE)
    assert esus_ab.importacao.layout_id == 7 and esus_ab.carga_inicial


def test_the_service_processes_what_skymed_announces() -> None:
    (skymed,), (servico,) = instaladas(Skymed, EXAMPLE), instaladas(FusionService, EXAMPLE)
    assert servico.buscar_pendencias.atende == [skymed.integracao_id]
    assert servico.buscar_pendencias.aplicacao == skymed.importar_pendencias.aplicacao
    assert servico.busca.intervalo_vigia == timedelta(seconds=1)


def test_defaults_are_those_of_the_old_services(escrever: Escrever) -> None:
    (integracao,) = instaladas(Consulfarma, escrever(consulfarma()))
    assert integracao.carga.intervalo == timedelta(hours=23, seconds=5)
    assert integracao.importacao.intervalo == timedelta(seconds=5)


@pytest.mark.parametrize("texto", ['"23:00:05"', "23:00:05", "82805"])
def test_quotes_do_not_change_an_interval(escrever: Escrever, texto: str) -> None:
    (integracao,) = instaladas(Consulfarma, escrever(consulfarma(carga=f"{{IntervaloCarga: {texto}}}")))
    assert integracao.carga.intervalo == timedelta(seconds=82805)


@pytest.mark.parametrize("texto", ["00:00:05", "00:00:05.5", "01:00:00"])
def test_no_interval_is_read_as_a_yaml_sexagesimal(escrever: Escrever, texto: str) -> None:
    com, sem = (
        instaladas(Consulfarma, escrever(consulfarma(importacao=f"{{Interval: {t}}}")))[0].importacao.intervalo
        for t in (texto, f'"{texto}"')
    )
    assert com == sem


def test_unquoted_24_hours_are_refused_too(escrever: Escrever) -> None:
    assert "write 1.00:00:00" in recusa(escrever(consulfarma(carga="{IntervaloCarga: 24:00:00}")))


def test_two_hospitals_with_one_system_are_two_entries(escrever: Escrever) -> None:
    arquivo = escrever(consulfarma() + consulfarma("norte", "13", "c_norte"))
    assert [i.id for i in instaladas(Consulfarma, arquivo)] == ["consulfarma", "norte"]


def test_disabled_entry_is_checked_but_not_installed(escrever: Escrever) -> None:
    arquivo = escrever(consulfarma() + "    habilitada: false\n")
    assert len(carregar(arquivo)) == 1 and instaladas(Consulfarma, arquivo) == ()


def test_error_names_file_path_expectation_and_finding(escrever: Escrever) -> None:
    texto = recusa(escrever(consulfarma() + esus('{LayoutID: 7, MaxRecords: "muitos"}')))
    assert "integracoes.yaml: integracoes[1].importacao.MaxRecords: expected an integer, found 'muitos'" in texto


def test_misspelt_key_gets_a_suggestion(escrever: Escrever) -> None:
    assert "importacao.maxrecord: unknown key; did you mean 'MaxRecords'?" in recusa(escrever(consulfarma(importacao="{maxrecord: 5}")))


def test_quoted_number_is_no_number(escrever: Escrever) -> None:
    assert "IntegracaoID: expected an integer, found '12'" in recusa(escrever(consulfarma(codigo='"12"')))


def test_every_fault_is_listed_at_once(escrever: Escrever) -> None:
    texto = recusa(escrever(consulfarma(codigo="0", importacao="{lote: 0}") + esus("{}")))
    assert len(texto.splitlines()) == 3


def test_a_fault_stops_its_entry_alone(escrever: Escrever) -> None:
    arquivo = escrever(consulfarma() + consulfarma("norte", "13", "x", importacao="{maxrecord: 5}") + esus() + "  -\n")
    lido = read_file(arquivo)
    assert (
        [i.id for i in lido.entries] == ["consulfarma", "esus_ab"] == [i.id for t in (Consulfarma, EsusAb) for i in instaladas(t, arquivo)]
    )
    assert [f.entry_id for f in lido.faults] == ["norte", "integracoes[3]"]
    assert "integracoes[3]: expected a mapping (key: value lines), found nothing" in lido.faults[1].text
    assert obter("consulfarma", arquivo).integracao_id == 12
    with pytest.raises(ConfiguracaoInvalida, match="did you mean 'MaxRecords'"):
        obter("norte", arquivo)


def test_both_of_two_entries_that_share_a_queue_are_stopped(escrever: Escrever) -> None:
    lido = read_file(escrever(consulfarma() + esus() + consulfarma("norte", "12", "x")))
    assert [i.id for i in lido.entries] == ["esus_ab"]
    assert [f.entry_id for f in lido.faults] == ["consulfarma", "norte"]


def test_repeated_key_is_an_error_with_its_line(escrever: Escrever) -> None:
    assert "key 'nome' appears twice (first on line 4)" in recusa(escrever(consulfarma() + "    nome: Outro\n"))


def test_both_names_of_one_interval_are_too_many(escrever: Escrever) -> None:
    duplo = '{Interval: "00:00:05", IntervaloImportacao: "00:00:06"}'
    assert "importacao.Interval: unknown key" in recusa(escrever(consulfarma(importacao=duplo)))


def test_a_lease_that_cannot_be_renewed_in_time_is_refused(escrever: Escrever) -> None:
    assert "importacao.prazo_reserva: expected at least 10 seconds" in recusa(escrever(consulfarma(importacao="{prazo_reserva: 5}")))


MV = """
  - {{id: mv, sistema: mv, nome: MV, IntegracaoID: 4, fuso_horario: America/Bahia, conexoes: {{origem: mv}}, {secao}: {{lote: {lote}}}}}
"""


@pytest.mark.parametrize("secao", ["processamento_pendencia_abertura", "acompanhamento", "carga_inicial"])
def test_a_batch_that_oracle_cannot_list_is_refused(escrever: Escrever, secao: str) -> None:
    assert f"{secao}.lote: expected at most 1000 (the longest list in a statement of oracle), found 1001" in recusa(
        escrever(MV.format(secao=secao, lote=1001))
    )
    assert carregar(escrever(MV.format(secao=secao, lote=1000)))


def test_an_engine_without_that_limit_lists_more(escrever: Escrever) -> None:
    assert carregar(escrever(consulfarma(importacao="{lote: 2000}") + esus("{LayoutID: 7, lote: 2000}")))


def test_what_reads_nothing_at_the_source_may_take_more_than_it_lists(escrever: Escrever) -> None:
    texto = MV.format(secao="importar_pendencias", lote=2000).replace("mv,", "skymed,")
    assert carregar(escrever(texto))[0].entrega.lote == 2000


def test_esus_needs_its_layout(escrever: Escrever) -> None:
    assert "importacao.LayoutID: required, but missing" in recusa(escrever(esus("{}")))


def test_unknown_system_gets_a_suggestion(escrever: Escrever) -> None:
    assert "did you mean 'esus_ab'?" in recusa(escrever(esus().replace("sistema: esus_ab", "sistema: esusab")))


@pytest.mark.parametrize(
    ("outro", "campo"),
    [
        (consulfarma("Consulfarma", "13", "x"), "integracoes[1].id"),
        (consulfarma("norte", "12", "x"), "integracoes[1].IntegracaoID"),
        (consulfarma("norte", "13", "c"), "integracoes[1].conexoes.origem"),
    ],
)
def test_entries_that_would_share_state_are_refused(escrever: Escrever, outro: str, campo: str) -> None:
    assert f"{campo}: same as integracoes[0]" in recusa(escrever(consulfarma() + outro))


def test_an_entry_cannot_take_the_initial_loads_dag_id(escrever: Escrever) -> None:
    assert "integracoes[1].id" in recusa(escrever(esus() + consulfarma("esus_ab_carga_inicial")))


def test_connection_string_in_place_of_an_id_is_not_repeated(escrever: Escrever) -> None:
    texto = recusa(escrever(consulfarma(origem='"Server=s;Password=S3gredo"')))
    assert "conexoes.origem" in texto and "S3gredo" not in texto


@pytest.mark.parametrize("fuso", ["America/Salvadr", "../etc", "America"])
def test_time_zone_must_exist(escrever: Escrever, fuso: str) -> None:
    assert "fuso_horario: expected an IANA time zone" in recusa(escrever(consulfarma().replace("America/Bahia", fuso)))


def test_id_must_be_a_dag_id(escrever: Escrever) -> None:
    assert "integracoes[0].id" in recusa(escrever(consulfarma(id='"hospital norte"')))


def test_layout_route_needs_its_placeholder(escrever: Escrever) -> None:
    assert "{layoutId} once" in recusa(escrever(esus() + "    rotas: {layout_json: /api/Json}\n"))


def test_layout_route_takes_the_layout(escrever: Escrever) -> None:
    assert carregar(escrever(esus()))[0].rotas.do_layout(7) == "/api/Json/7"


def test_sql_folder_hangs_on_the_settings_file(escrever: Escrever, tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    assert carregar(escrever(consulfarma() + "    pasta_sql: sql\n"))[0].pasta_sql == tmp_path / "sql"


def test_sql_folder_must_exist(escrever: Escrever) -> None:
    assert "pasta_sql: expected an existing folder" in recusa(escrever(consulfarma() + "    pasta_sql: sql\n"))


@pytest.mark.parametrize("conteudo", ["", "- 1", "integracoes: []", "integracoes: [1]", "integracoes: [", "\x00"])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, conteudo: str) -> None:
    arquivo = tmp_path / "integracoes.yaml"
    arquivo.write_text(conteudo)
    assert "integracoes.yaml" in recusa(arquivo)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert "not found" in recusa(tmp_path / "nada.yaml")


def test_a_change_is_seen_and_no_change_is_not_read_again(escrever: Escrever) -> None:
    arquivo = escrever(consulfarma())
    antes = carregar(arquivo)
    assert carregar(arquivo) is antes
    escrever(consulfarma(codigo="77"))
    assert carregar(arquivo)[0].integracao_id == 77


def test_settings_do_not_change_after_reading(escrever: Escrever) -> None:
    with pytest.raises(ValueError, match="frozen"):
        carregar(escrever(consulfarma()))[0].nome = "outro"  # type: ignore[misc]


def test_environment_names_the_file_and_the_folder_does_not_matter(
    escrever: Escrever, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(carregar()) > 1
    monkeypatch.setenv("FUSION_SETTINGS", os.fspath(escrever(consulfarma())))
    assert len(carregar()) == 1


def test_obter_says_which_id_is_missing(escrever: Escrever) -> None:
    with pytest.raises(ConfiguracaoInvalida, match="no entry with id 'mv'"):
        obter("mv", escrever(consulfarma()))


def test_composed_import_has_what_both_its_parts_have(escrever: Escrever) -> None:
    (esus_ab,) = instaladas(EsusAb, escrever(esus("{LayoutID: 7, vigiar_origem: false, concorrencia: 4}")))
    assert not esus_ab.busca.vigiar_origem and esus_ab.entrega.concorrencia == 4


def test_validar_says_intervals_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validar"]) == 0
    assert "a cada 23 h 0 min 5 s" in capsys.readouterr().out


def test_validar_fails_readably(escrever: Escrever, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validar", os.fspath(escrever(esus("{}")))]) == 1
    assert "integracoes[0].importacao.LayoutID: required" in capsys.readouterr().err


def test_validar_lists_the_faults_of_all_entries(escrever: Escrever, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validar", os.fspath(escrever(consulfarma(importacao="{lote: 0}") + esus("{}")))]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_validar_misses_a_depara_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FUSION_DEPARA", os.fspath(tmp_path))
    assert main(["validar"]) == 1
    assert "neither consulfarma.yaml" in capsys.readouterr().err

"""What holds for every DAG, and what a DAG file does when it is read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.fusion.settings import carregar
from tests import SETTINGS
from tests.dags.apoio import ler_dags

RAIZ = Path(__file__).resolve().parents[2]


SUL: dict[str, Any] = yaml.safe_load("""
    {id: mv_sul, sistema: mv, nome: MV Sul, IntegracaoID: 104, fuso_horario: America/Bahia, conexoes: {origem: mv_sul}, carga_inicial: {}}
""")
"""A second hospital with one product."""


@pytest.fixture(scope="module", params=["one of each system", "two hospitals with one system", "one hospital"])
def bolsa(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The DAGs of a site."""
    pasta = tmp_path_factory.mktemp("airflow")
    todas = entradas_dos_testes()
    sites = {"two hospitals with one system": [*todas, SUL], "one hospital": [e for e in todas if e["id"] == "mv"]}
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield com_settings(pasta, monkeypatch, yaml.safe_dump({"integracoes": sites.get(request.param, todas)}))


@pytest.fixture(scope="module")
def dags(bolsa: Any) -> list[Any]:
    assert bolsa.import_errors == {}
    return list(bolsa.dags.values())


@pytest.fixture
def tarefas(dags: list[Any]) -> list[Any]:
    return [tarefa for dag in dags for tarefa in dag.tasks]


def entradas_dos_testes() -> list[dict[str, Any]]:
    return list(yaml.safe_load(SETTINGS.read_text())["integracoes"])


@pytest.fixture
def entradas() -> list[dict[str, Any]]:
    """The tests' settings, to be changed and written somewhere else."""
    return entradas_dos_testes()


def com_settings(pasta: Path, monkeypatch: pytest.MonkeyPatch, texto: str) -> Any:
    arquivo = pasta / "integracoes.yaml"
    arquivo.write_text(texto)
    monkeypatch.setenv("FUSION_SETTINGS", str(arquivo))
    return ler_dags(pasta)


def test_every_installed_integration_has_its_dags(bolsa: Any) -> None:
    assert {dag_id for i in carregar() if i.habilitada for dag_id in i.dag_ids} <= set(bolsa.dags)


def test_every_dag_says_what_to_do_when_it_fails(dags: list[Any]) -> None:
    assert all("## Se falhar" in dag.doc_md for dag in dags)


def test_no_dag_runs_beside_itself_or_for_ever(dags: list[Any]) -> None:
    assert all(dag.max_active_runs == 1 and dag.dagrun_timeout and not dag.catchup for dag in dags)


def test_every_dag_is_tagged_with_its_system_and_impact(dags: list[Any]) -> None:
    assert all("integração" in dag.tags and any(t.startswith("impacto:") for t in dag.tags) for dag in dags)


def test_a_cleared_run_uses_the_latest_code(dags: list[Any]) -> None:
    assert all(dag.rerun_with_latest_version for dag in dags)


def test_every_task_has_owner_pool_retries_and_a_retry_policy(tarefas: list[Any]) -> None:
    assert all(t.owner not in ("", "airflow") and t.pool and t.retries > 0 and t.retry_policy is not None for t in tarefas)


def test_people_read_names_and_not_ids(dags: list[Any], tarefas: list[Any]) -> None:
    """Display names are written for people: a capital first, no underscore, never the id itself."""
    nomes = {d.dag_id: d.dag_display_name for d in dags} | {t.task_id: t.task_display_name for t in tarefas}
    assert not {i for i, nome in nomes.items() if nome == i or "_" in nome or (not nome[0].isupper() and not nome.startswith("e-"))}


def test_every_form_field_has_title_description_and_type(dags: list[Any]) -> None:
    campos = [dag.params.get_param(nome) for dag in dags for nome in dag.params]
    assert campos
    assert all(c.schema["title"] and c.description and c.schema["type"] for c in campos)


def test_reading_the_dag_files_touches_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def recusar(*_: object) -> None:
        raise AssertionError("a DAG file opened a connection")

    monkeypatch.setattr(socket.socket, "connect", recusar)
    monkeypatch.setattr(socket, "getaddrinfo", recusar)
    assert ler_dags(tmp_path).import_errors == {}


def test_a_typo_in_one_entry_stops_its_dags_alone(entradas: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    todas = set(com_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": [*entradas, SUL]})).dags)
    (mv,) = (e for e in entradas if e["id"] == "mv")
    mv["processamento_pendencia_alta"] = {"maxrecords": 5}
    bolsa = com_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": [*entradas, SUL]}))
    assert set(bolsa.dags) == todas - {"mv", "mv_carga_inicial"} and "mv_sul" in bolsa.dags
    ((arquivo, erro),) = bolsa.import_errors.items()
    assert arquivo == "dags/configuracao.py"
    assert "sem DAG até a correção: mv." in erro
    assert "integracoes.yaml: integracoes[2].processamento_pendencia_alta.maxrecords: unknown key; did you mean 'MaxRecords'?" in erro


def test_entries_that_would_share_state_stop_each_other_and_no_third(
    entradas: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    todas = {*com_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": entradas})).dags}
    bolsa = com_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": [*entradas, SUL | {"IntegracaoID": 4}]}))
    assert set(bolsa.dags) == todas - {"mv", "mv_carga_inicial"}
    assert "mv, mv_sul" in bolsa.import_errors["dags/configuracao.py"]


@pytest.mark.parametrize("texto", ["integracoes: [", None], ids=["no YAML", "no file"])
def test_a_file_that_cannot_be_read_is_an_error_of_every_integration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, texto: str | None
) -> None:
    """Of each file, since a DAG whose file is broken stays in the UI, and one that its file no longer has goes."""
    if texto is None:
        monkeypatch.setenv("FUSION_SETTINGS", str(tmp_path / "integracoes.yaml"))
    erros = (ler_dags(tmp_path) if texto is None else com_settings(tmp_path, monkeypatch, texto)).import_errors
    # FHIR's DAGs take their configuration from the platform's database.
    assert len(erros) == len([a for a in (RAIZ / "dags").glob("*.py") if not a.name.startswith("fhir_")])
    assert all("integracoes.yaml: " in e for e in erros.values())


def test_no_dag_where_the_vendors_own_service_runs(entradas: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    next(e for e in entradas if e["id"] == "fusion_service")["habilitada"] = False
    bolsa = com_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": entradas}))
    assert bolsa.import_errors == {}
    assert "skymed" in bolsa.dags and "fusion_service" not in bolsa.dags

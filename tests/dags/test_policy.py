"""What holds for every DAG, and what a DAG file does when it is read."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.fusion.settings import caminho_padrao, carregar
from tests.dags.apoio import ler_dags

RAIZ = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bolsa(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return ler_dags(tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="module")
def dags(bolsa: Any) -> list[Any]:
    assert bolsa.import_errors == {}
    return list(bolsa.dags.values())


@pytest.fixture
def tarefas(dags: list[Any]) -> list[Any]:
    return [tarefa for dag in dags for tarefa in dag.tasks]


@pytest.fixture
def entradas() -> list[dict[str, Any]]:
    """The shipped settings, to be changed and written somewhere else."""
    return list(yaml.safe_load(caminho_padrao().read_text())["integracoes"])


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


def test_a_wrong_settings_file_is_an_import_error_that_names_file_and_path(
    entradas: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entradas[1]["importacao"]["lote"] = "muitos"
    erros = com_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": entradas})).import_errors
    # FHIR's DAGs take their configuration from the platform's database.
    assert len(erros) == len([a for a in (RAIZ / "dags").glob("*.py") if not a.name.startswith("fhir_")])
    assert all("integracoes.yaml" in e and "integracoes[1].importacao.lote" in e for e in erros.values())


def test_several_installations_of_one_system_are_several_dags(
    entradas: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outro = entradas[0] | {"id": "consulfarma_sul", "nome": "Consulfarma Sul", "IntegracaoID": 99, "conexoes": {"origem": "sul"}}
    bolsa = com_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": [*entradas, outro]}))
    assert bolsa.import_errors == {}
    assert {"consulfarma", "consulfarma_sul"} <= set(bolsa.dags)
    assert bolsa.dags["consulfarma_sul"].get_task("carga").integracao == "consulfarma_sul"


def test_no_dag_where_the_vendors_own_service_runs(entradas: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    next(e for e in entradas if e["id"] == "fusion_service")["habilitada"] = False
    bolsa = com_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": entradas}))
    assert bolsa.import_errors == {}
    assert "skymed" in bolsa.dags and "fusion_service" not in bolsa.dags

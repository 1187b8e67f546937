"""What holds for every DAG, and what a DAG file does when it is read."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.sdk import BaseOperator

from fusion_airflow.operators.base import HubOperator
from include.fusion.settings import load
from tests import ROOT, SETTINGS
from tests.dags.dag_files import read_dags

SUL: dict[str, Any] = yaml.safe_load("""
    {id: mv_sul, sistema: mv, nome: MV Sul, IntegracaoID: 104, fuso_horario: America/Bahia, conexoes: {origem: mv_sul}, carga_inicial: {}}
""")
"""A second hospital with one product."""


@pytest.fixture(scope="module", params=["one of each system", "two hospitals with one system", "one hospital"])
def dag_bag(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The DAGs of a site."""
    folder = tmp_path_factory.mktemp("airflow")
    all_of_them = entradas_dos_testes()
    sites = {"two hospitals with one system": [*all_of_them, SUL], "one hospital": [e for e in all_of_them if e["id"] == "mv"]}
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield with_settings(folder, monkeypatch, yaml.safe_dump({"integracoes": sites.get(request.param, all_of_them)}))


@pytest.fixture(scope="module")
def dags(dag_bag: Any) -> list[Any]:
    assert dag_bag.import_errors == {}
    return list(dag_bag.dags.values())


@pytest.fixture
def tasks(dags: list[Any]) -> list[Any]:
    return [task for dag in dags for task in dag.tasks]


def entradas_dos_testes() -> list[dict[str, Any]]:
    return list(yaml.safe_load(SETTINGS.read_text())["integracoes"])


@pytest.fixture
def entries() -> list[dict[str, Any]]:
    """The tests' settings, to be changed and written somewhere else."""
    return entradas_dos_testes()


def with_settings(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Any:
    file = folder / "integracoes.yaml"
    file.write_text(text)
    monkeypatch.setenv("FUSION_SETTINGS", str(file))
    return read_dags(folder)


def test_every_installed_integration_has_its_dags(dag_bag: Any) -> None:
    assert {dag_id for i in load() if i.habilitada for dag_id in i.dag_ids} <= set(dag_bag.dags)


def test_every_dag_says_what_to_do_when_it_fails(dags: list[Any]) -> None:
    assert all("## Se falhar" in dag.doc_md for dag in dags)


def test_no_dag_runs_beside_itself_or_for_ever(dags: list[Any]) -> None:
    assert all(dag.max_active_runs == 1 and dag.dagrun_timeout and not dag.catchup for dag in dags)


def test_every_dag_is_tagged_with_its_system_and_impact(dags: list[Any]) -> None:
    assert all("integração" in dag.tags and any(t.startswith("impacto:") for t in dag.tags) for dag in dags)


def test_a_cleared_run_uses_the_latest_code(dags: list[Any]) -> None:
    assert all(dag.rerun_with_latest_version for dag in dags)


def test_an_initial_load_that_is_killed_goes_on_by_itself(dags: list[Any]) -> None:
    loads = [t for d in dags if d.dag_id.endswith("_carga_inicial") for t in d.tasks]
    assert loads and all(t.retries >= 100 for t in loads)


def test_nobody_is_offered_a_backfill(dags: list[Any]) -> None:
    assert [d.dag_id for d in dags if d.allowed_run_types is None or "backfill" in {kind.value for kind in d.allowed_run_types}] == []


def test_a_form_takes_codes_and_no_free_text(dags: list[Any]) -> None:
    """What a person types is kept by Airflow: a name must not get there."""
    texts = [p.schema for d in dags for p in d.params.values() if "string" in p.schema["type"]]
    assert texts and all({"pattern", "format", "enum"} & schema.keys() for schema in texts)
    for schema in (s for s in texts if "pattern" in s):
        assert not re.search(schema["pattern"], "Maria das Dores") and re.search(schema["pattern"], " 123-4 ")


def test_every_task_has_owner_pool_retries_and_a_retry_policy(tasks: list[Any]) -> None:
    assert all(t.owner not in ("", "airflow") and t.pool and t.retries > 0 and t.retry_policy is not None for t in tasks)


def test_people_read_names_and_not_ids(dags: list[Any], tasks: list[Any]) -> None:
    """Display names are written for people: a capital first, no underscore, never the id itself."""
    names = {d.dag_id: d.dag_display_name for d in dags} | {t.task_id: t.task_display_name for t in tasks}
    assert not {i for i, name in names.items() if name == i or "_" in name or (not name[0].isupper() and not name.startswith("e-"))}


def test_every_form_field_has_title_description_and_type(dags: list[Any]) -> None:
    fields = [dag.params.get_param(name) for dag in dags for name in dag.params]
    assert fields
    assert all(c.schema["title"] and c.description and c.schema["type"] for c in fields)


def test_reading_the_dag_files_touches_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a DAG file opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert read_dags(tmp_path).import_errors == {}


def test_a_typo_in_one_entry_stops_its_dags_alone(entries: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    all_of_them = set(with_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": [*entries, SUL]})).dags)
    (mv,) = (e for e in entries if e["id"] == "mv")
    mv["processamento_pendencia_alta"] = {"maxrecords": 5}
    dag_bag = with_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": [*entries, SUL]}))
    assert set(dag_bag.dags) == all_of_them - {"mv", "mv_carga_inicial"} and "mv_sul" in dag_bag.dags
    ((file, error),) = dag_bag.import_errors.items()
    assert file == "dags/configuracao.py"
    assert "sem DAG até a correção: mv." in error
    assert "integracoes.yaml: integracoes[2].processamento_pendencia_alta.maxrecords: unknown key; did you mean 'MaxRecords'?" in error


def test_entries_that_would_share_state_stop_each_other_and_no_third(
    entries: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    all_of_them = {*with_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": entries})).dags}
    dag_bag = with_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": [*entries, SUL | {"IntegracaoID": 4}]}))
    assert set(dag_bag.dags) == all_of_them - {"mv", "mv_carga_inicial"}
    assert "mv, mv_sul" in dag_bag.import_errors["dags/configuracao.py"]


@pytest.mark.parametrize("texto", ["integracoes: [", None], ids=["no YAML", "no file"])
def test_a_file_that_cannot_be_read_is_an_error_of_every_integration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, texto: str | None
) -> None:
    """Of each file, since a DAG whose file is broken stays in the UI, and one that its file no longer has goes."""
    if texto is None:
        monkeypatch.setenv("FUSION_SETTINGS", str(tmp_path / "integracoes.yaml"))
    errors = (read_dags(tmp_path) if texto is None else with_settings(tmp_path, monkeypatch, texto)).import_errors
    # FHIR's DAGs take their configuration from the platform's database.
    assert len(errors) == len([a for a in (ROOT / "dags").glob("*.py") if not a.name.startswith("fhir_")])
    assert all("integracoes.yaml: " in e for e in errors.values())


def test_no_dag_where_the_vendors_own_service_runs(entries: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    next(e for e in entries if e["id"] == "fusion_service")["habilitada"] = False
    dag_bag = with_settings(tmp_path, monkeypatch, yaml.safe_dump({"integracoes": entries}))
    assert dag_bag.import_errors == {}
    assert "skymed" in dag_bag.dags and "fusion_service" not in dag_bag.dags


def test_a_mapped_task_can_start(tasks: list[Any]) -> None:
    assert all(isinstance(task.inlets, list) and isinstance(task.outlets, list) for task in tasks)


def test_no_method_of_an_operator_hides_behind_an_attribute_of_airflows() -> None:
    """``owner`` is a text that BaseOperator sets on every task: a method of that name could not be called."""
    ours = [c for c in [*HubOperator.__subclasses__(), HubOperator] for c in c.mro() if c.__module__.startswith("fusion_airflow")]
    taken = set(vars(BaseOperator(task_id="x")))
    assert {name for c in ours for name in vars(c) if callable(getattr(c, name)) and not name.startswith("_")} & taken == set()

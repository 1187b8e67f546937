"""The server's compose file: parses, asks for every secret, and names only settings that Airflow has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import retrieve_configuration_description
from airflow.sdk import Connection

from include.fusion.settings import load
from tests import ROOT

TEXT = (ROOT / "docker-compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICOS: dict[str, dict[str, Any]] = COMPOSE["services"]


def airflow_options() -> set[str]:
    return {
        f"AIRFLOW__{section}__{name}".upper()
        for section, data in retrieve_configuration_description(include_providers=True).items()
        for name in data["options"]
    }


def test_every_airflow_setting_exists() -> None:
    usadas = {v for v in COMPOSE["x-airflow"]["environment"] if v.startswith("AIRFLOW__")}
    assert usadas and usadas <= airflow_options()


def test_no_password_is_an_argument_of_a_process() -> None:
    assert not re.search(r"--(password|url)\b", TEXT)


def test_images_are_pinned() -> None:
    imagens = [s["image"] for s in SERVICOS.values()] + re.findall(r"^FROM (\S+)", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    assert all(re.search(r":\d+\.\d+(\.\d+)?", imagem) for imagem in imagens)


def test_image_has_the_pinned_airflow() -> None:
    version = re.search(r"^apache-airflow==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert version and f"FROM apache/airflow:{version[1]}-python" in (ROOT / "docker/Dockerfile").read_text()


def test_no_variable_has_a_default() -> None:
    assert not re.search(r"\$\{[A-Z_]+(\}|:?-)", TEXT)


def test_example_file_lists_every_required_variable() -> None:
    example = set(re.findall(r"^([A-Z_]+)=$", (ROOT / "docker/env.example").read_text(), re.MULTILINE))
    do_perfil = {name for name, value in SERVICOS["oracle"]["environment"].items() if value is None}
    assert set(re.findall(r"\$\{([A-Z_]+):\?", TEXT)) | do_perfil == example


def test_example_connections_hold_no_secret() -> None:
    assert set(re.findall(r'"password": "([^"]*)"', (ROOT / "docker/conexoes.env.example").read_text())) == {""}


@pytest.mark.parametrize("nome", SERVICOS)
def test_every_service_restarts_and_has_limits(nome: str) -> None:
    assert SERVICOS[nome]["restart"] in ("unless-stopped", "on-failure")
    assert {"cpus", "memory"} <= set(SERVICOS[nome]["deploy"]["resources"]["limits"])


@pytest.mark.parametrize("nome", [n for n in SERVICOS if n != "init"])
def test_every_server_has_a_health_check(nome: str) -> None:
    assert SERVICOS[nome]["healthcheck"]["test"]


def test_oracle_starts_only_when_asked_and_is_nobodys_dependency() -> None:
    assert {name: service["profiles"] for name, service in SERVICOS.items() if "profiles" in service} == {"oracle": ["oracle"]}
    assert not [name for name, service in SERVICOS.items() if "oracle" in service.get("depends_on", {})]
    # Compose asks for every ${...:?} of the file, also those of a profile that is off: its secrets are names to pass on instead.
    assert "${" not in str(SERVICOS["oracle"])
    assert {n for n, value in SERVICOS["oracle"]["environment"].items() if "PASSWORD" in n and value is None} == {
        "ORACLE_PASSWORD",
        "APP_USER_PASSWORD",
    }


def test_ports_are_open_on_loopback_only_and_volumes_are_declared() -> None:
    assert all(port.startswith("127.0.0.1:") for service in SERVICOS.values() for port in service.get("ports", ()))
    used_ones = {volume.partition(":")[0] for service in SERVICOS.values() for volume in service.get("volumes", ())}
    assert used_ones == set(COMPOSE["volumes"])


def test_example_connections_are_what_airflow_reads() -> None:
    connections = dict(re.findall(r"^AIRFLOW_CONN_(\w+)=(.*)$", (ROOT / "docker/conexoes.env.example").read_text(), re.MULTILINE))
    read_rows = {name: Connection.from_json(text, conn_id=name.lower()) for name, text in connections.items()}
    assert read_rows["MV"].conn_type == "oracle" and "service_name" in read_rows["MV"].extra_dejson
    # A schema would become the session's CURRENT_SCHEMA, and thick mode needs Oracle's own client in the image.
    assert not read_rows["MV"].schema and "thick_mode" not in read_rows["MV"].extra_dejson
    nomeadas = {
        c.upper()
        for i in load(ROOT / "examples" / "integracoes.yaml")
        for c in (i.conexoes.origem, i.conexoes.fusion_db, i.conexoes.fusion_api)
    }
    assert set(connections) == nomeadas | {"GIT_DEFAULT", "PLATAFORMA"}


def test_everything_the_image_needs_exists() -> None:
    docker = ROOT / COMPOSE["x-airflow"]["build"]["dockerfile"]
    copiados = re.findall(r"^COPY (?:--\S+ )?(\S+) ", docker.read_text(), re.MULTILINE)
    assert copiados and all((ROOT / c).exists() for c in copiados)
    assert (ROOT / f"{COMPOSE['x-airflow']['env_file']}.example").exists()


def test_dag_bundle_is_one_that_airflow_has() -> None:
    import json

    from airflow.providers.git.bundles.git import GitDagBundle

    text = COMPOSE["x-airflow"]["environment"]["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"]
    (bundle,) = json.loads(re.sub(r"\$\{[^}]*\}", "x", text))
    assert bundle["classpath"] == f"{GitDagBundle.__module__}.{GitDagBundle.__name__}"


@pytest.mark.parametrize(("service", "finds"), [("api-server", True), ("triggerer", True), ("scheduler", False), ("dag-processor", False)])
def test_only_processes_that_load_no_bundle_find_the_images_engine(tmp_path: Path, service: str, finds: bool) -> None:
    """Elsewhere it would hide the engine that Git brings. Airflow itself puts the plugins on the path."""
    ours = SERVICOS[service].get("environment", {}).get("PYTHONPATH", "")
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ours.replace('/opt/fusion', str(ROOT))}"
    }
    found = "import fusion_airflow, importlib.util as u; assert u.find_spec('include')"
    assert (subprocess.run([sys.executable, "-c", found], cwd=tmp_path, env=env, capture_output=True).returncode == 0) is finds

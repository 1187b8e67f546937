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

from include.fusion.settings import carregar

RAIZ = Path(__file__).resolve().parents[2]
TEXTO = (RAIZ / "docker-compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXTO)
SERVICOS: dict[str, dict[str, Any]] = COMPOSE["services"]


def opcoes_do_airflow() -> set[str]:
    return {
        f"AIRFLOW__{secao}__{nome}".upper()
        for secao, dados in retrieve_configuration_description(include_providers=True).items()
        for nome in dados["options"]
    }


def test_every_airflow_setting_exists() -> None:
    usadas = {v for v in COMPOSE["x-airflow"]["environment"] if v.startswith("AIRFLOW__")}
    assert usadas and usadas <= opcoes_do_airflow()


def test_images_are_pinned() -> None:
    imagens = [s["image"] for s in SERVICOS.values()] + re.findall(r"^FROM (\S+)", (RAIZ / "docker/Dockerfile").read_text(), re.MULTILINE)
    assert all(re.search(r":\d+\.\d+(\.\d+)?", imagem) for imagem in imagens)


def test_image_has_the_pinned_airflow() -> None:
    versao = re.search(r"^apache-airflow==(\S+)$", (RAIZ / "requirements.txt").read_text(), re.MULTILINE)
    assert versao and f"FROM apache/airflow:{versao[1]}-python" in (RAIZ / "docker/Dockerfile").read_text()


def test_no_variable_has_a_default() -> None:
    assert not re.search(r"\$\{[A-Z_]+(\}|:?-)", TEXTO)


def test_example_file_lists_every_required_variable() -> None:
    exemplo = set(re.findall(r"^([A-Z_]+)=$", (RAIZ / "docker/env.example").read_text(), re.MULTILINE))
    do_perfil = {nome for nome, valor in SERVICOS["oracle"]["environment"].items() if valor is None}
    assert set(re.findall(r"\$\{([A-Z_]+):\?", TEXTO)) | do_perfil == exemplo


def test_example_connections_hold_no_secret() -> None:
    assert set(re.findall(r'"password": "([^"]*)"', (RAIZ / "docker/conexoes.env.example").read_text())) == {""}


@pytest.mark.parametrize("nome", SERVICOS)
def test_every_service_restarts_and_has_limits(nome: str) -> None:
    assert SERVICOS[nome]["restart"] in ("unless-stopped", "on-failure")
    assert {"cpus", "memory"} <= set(SERVICOS[nome]["deploy"]["resources"]["limits"])


@pytest.mark.parametrize("nome", [n for n in SERVICOS if n != "init"])
def test_every_server_has_a_health_check(nome: str) -> None:
    assert SERVICOS[nome]["healthcheck"]["test"]


def test_oracle_starts_only_when_asked_and_is_nobodys_dependency() -> None:
    assert {nome: servico["profiles"] for nome, servico in SERVICOS.items() if "profiles" in servico} == {"oracle": ["oracle"]}
    assert not [nome for nome, servico in SERVICOS.items() if "oracle" in servico.get("depends_on", {})]
    # Compose asks for every ${...:?} of the file, also those of a profile that is off: its secrets are names to pass on instead.
    assert "${" not in str(SERVICOS["oracle"])
    assert {n for n, valor in SERVICOS["oracle"]["environment"].items() if "PASSWORD" in n and valor is None} == {
        "ORACLE_PASSWORD",
        "APP_USER_PASSWORD",
    }


def test_ports_are_open_on_loopback_only_and_volumes_are_declared() -> None:
    assert all(porta.startswith("127.0.0.1:") for servico in SERVICOS.values() for porta in servico.get("ports", ()))
    usados = {volume.partition(":")[0] for servico in SERVICOS.values() for volume in servico.get("volumes", ())}
    assert usados == set(COMPOSE["volumes"])


def test_example_connections_are_what_airflow_reads() -> None:
    conexoes = dict(re.findall(r"^AIRFLOW_CONN_(\w+)=(.*)$", (RAIZ / "docker/conexoes.env.example").read_text(), re.MULTILINE))
    lidas = {nome: Connection.from_json(texto, conn_id=nome.lower()) for nome, texto in conexoes.items()}
    assert lidas["MV"].conn_type == "oracle" and "service_name" in lidas["MV"].extra_dejson
    # A schema would become the session's CURRENT_SCHEMA, and thick mode needs Oracle's own client in the image.
    assert not lidas["MV"].schema and "thick_mode" not in lidas["MV"].extra_dejson
    nomeadas = {
        c.upper()
        for i in carregar(RAIZ / "examples" / "integracoes.yaml")
        for c in (i.conexoes.origem, i.conexoes.fusion_db, i.conexoes.fusion_api)
    }
    assert set(conexoes) == nomeadas | {"GIT_DEFAULT", "PLATAFORMA"}


def test_everything_the_image_needs_exists() -> None:
    docker = RAIZ / COMPOSE["x-airflow"]["build"]["dockerfile"]
    copiados = re.findall(r"^COPY (?:--\S+ )?(\S+) ", docker.read_text(), re.MULTILINE)
    assert copiados and all((RAIZ / c).exists() for c in copiados)
    assert (RAIZ / f"{COMPOSE['x-airflow']['env_file']}.example").exists()


def test_dag_bundle_is_one_that_airflow_has() -> None:
    import json

    from airflow.providers.git.bundles.git import GitDagBundle

    texto = COMPOSE["x-airflow"]["environment"]["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"]
    (bundle,) = json.loads(re.sub(r"\$\{[^}]*\}", "x", texto))
    assert bundle["classpath"] == f"{GitDagBundle.__module__}.{GitDagBundle.__name__}"


@pytest.mark.parametrize(("service", "finds"), [("api-server", True), ("triggerer", True), ("scheduler", False), ("dag-processor", False)])
def test_only_processes_that_load_no_bundle_find_the_images_engine(tmp_path: Path, service: str, finds: bool) -> None:
    """Elsewhere it would hide the engine that Git brings. Airflow itself puts the plugins on the path."""
    ours = SERVICOS[service].get("environment", {}).get("PYTHONPATH", "")
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {
        "PYTHONPATH": f"{RAIZ / 'plugins'}:{ours.replace('/opt/fusion', str(RAIZ))}"
    }
    found = "import fusion_airflow, importlib.util as u; assert u.find_spec('include')"
    assert (subprocess.run([sys.executable, "-c", found], cwd=tmp_path, env=env, capture_output=True).returncode == 0) is finds

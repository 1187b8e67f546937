"""What the stack runs, in words: name, command, how long it may take to stop."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.stack.ambiente import base
from sandbox.stack.estado import Estado


@dataclass(frozen=True)
class Componente:
    """``grupo`` sets the order of the end: what still calls another stops before it."""

    nome: str
    comando: tuple[str, ...]
    env: Mapping[str, str]
    grupo: int


def pronto(estado: Estado) -> Path:
    """File that appears when Airflow's database is migrated."""
    return estado.airflow / "banco-pronto"


def api_server(estado: Estado, env: Mapping[str, str]) -> Componente:
    """Airflow's API server, which migrates the database before it serves."""
    comando = (sys.executable, "-m", "sandbox.stack.preparo", "airflow", "--pronto", str(pronto(estado)), "--argumentos")
    return Componente("api-server", (*comando, "--host", "127.0.0.1", "--port", str(estado.portas["ui"]), "--workers", "1"), env, 2)


def airflow(env: Mapping[str, str]) -> list[Componente]:
    """The other processes of a real installation. Their own log servers stay off: the logs are on this machine already."""
    argumentos = (("scheduler", "--skip-serve-logs"), ("triggerer", "--skip-serve-logs"), ("dag-processor",))
    return [Componente(a[0], (sys.executable, "-m", "airflow", *a), env, 1) for a in argumentos]


def fusion(estado: Estado, dsn: str) -> Componente:
    """The sandbox's Fusion on its own database."""
    env = {**base(estado), "FUSION_DSN": dsn, "FUSION_TOKEN": estado.segredos["token_fusion"]}
    comando = (sys.executable, "-m", "sandbox.fusion", "serve", "--porta", str(estado.portas["api"]))
    return Componente("fusion", comando, env, 3)


def fhir(estado: Estado) -> Componente:
    """The sandbox's FHIR server; one secret opens every kind of access to it."""
    segredo = estado.segredos["segredo_fhir"]
    env = {**base(estado), **{f"FHIR_{nome}": segredo for nome in ("SENHA", "SEGREDO", "CHAVE_API", "TOKEN_ADMIN")}}
    comando = (sys.executable, "-m", "sandbox.fhir", "--pasta", str(estado.pasta / "fhir"), "--porta", str(estado.portas["fhir"]))
    return Componente("fhir", comando, env, 3)


def simulador(estado: Estado, taxa: str, duracao: float = 0) -> Componente:
    """The hospital; ``duracao`` 0 runs on."""
    env = {**base(estado), "FUSION_FHIR_URL": estado.url_fhir, "FUSION_FHIR_SEGREDO": estado.segredos["segredo_fhir"]}
    comando = (sys.executable, "-m", "sandbox.simulador", "--pasta", str(estado.pasta), "--taxa", taxa, "--duracao", str(duracao))
    return Componente("simulador", (*comando, "--invalidos", os.environ.get("FUSION_INVALIDOS", "0.02")), env, 0)

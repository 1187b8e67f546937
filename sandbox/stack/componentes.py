"""What the stack runs, in words: name, command, how long it may take to stop."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.stack.ambiente import base
from sandbox.stack.estado import StackState


@dataclass(frozen=True)
class Component:
    """``group`` sets the order of the end: what still calls another stops before it."""

    nome: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    group: int


def ready(state: StackState) -> Path:
    """File that appears when Airflow's database is migrated."""
    return state.airflow / "banco-pronto"


def api_server(state: StackState, env: Mapping[str, str]) -> Component:
    """Airflow's API server, which migrates the database before it serves."""
    command = (sys.executable, "-m", "sandbox.stack.preparo", "airflow", "--pronto", str(ready(state)), "--argumentos")
    return Component("api-server", (*command, "--host", "127.0.0.1", "--port", str(state.ports["ui"]), "--workers", "1"), env, 2)


def airflow(env: Mapping[str, str]) -> list[Component]:
    """The other processes of a real installation. Their own log servers stay off: the logs are on this machine already."""
    arguments = (("scheduler", "--skip-serve-logs"), ("triggerer", "--skip-serve-logs"), ("dag-processor",))
    return [Component(a[0], (sys.executable, "-m", "airflow", *a), env, 1) for a in arguments]


def fusion(state: StackState, dsn: str) -> Component:
    """The sandbox's Fusion on its own database."""
    env = {**base(state), "FUSION_DSN": dsn, "FUSION_TOKEN": state.secrets["token_fusion"]}
    command = (sys.executable, "-m", "sandbox.fusion", "serve", "--porta", str(state.ports["api"]))
    return Component("fusion", command, env, 3)


def fhir(state: StackState) -> Component:
    """The sandbox's FHIR server; one secret opens every kind of access to it."""
    secret = state.secrets["segredo_fhir"]
    env = {**base(state), **{f"FHIR_{name}": secret for name in ("PASSWORD", "SECRET", "API_KEY", "TOKEN_ADMIN")}}
    command = (sys.executable, "-m", "sandbox.fhir", "--pasta", str(state.folder / "fhir"), "--porta", str(state.ports["fhir"]))
    return Component("fhir", command, env, 3)


def simulator(state: StackState, rate: str, duration: float = 0) -> Component:
    """The hospital; ``duration`` 0 runs on."""
    env = {**base(state), "FUSION_FHIR_URL": state.url_fhir, "FUSION_FHIR_SEGREDO": state.secrets["segredo_fhir"]}
    command = (sys.executable, "-m", "sandbox.simulador", "--pasta", str(state.folder), "--taxa", rate, "--duracao", str(duration))
    return Component("simulador", (*command, "--invalidos", os.environ.get("FUSION_INVALIDOS", "0.02")), env, 0)

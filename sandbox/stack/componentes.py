"""What the stack runs, in words: name, command, how long it may take to stop."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.stack.ambiente import base
from sandbox.stack.estado import Estado


@dataclass(frozen=True)
class Componente:
    """``grupo`` sets the order of the end: what still calls another stops before it."""

    nome: str
    comando: tuple[str, ...]
    env: Mapping[str, str]
    grupo: int


def airflow(estado: Estado, env: Mapping[str, str]) -> list[Componente]:
    """The four processes of a real installation. Their own log servers stay off: the logs are on this machine already."""
    porta = str(estado.portas["ui"])
    argumentos = {
        # First: the others wait for it, and it takes longest.
        "api-server": (2, ("api-server", "--host", "127.0.0.1", "--port", porta, "--workers", "1")),
        "scheduler": (1, ("scheduler", "--skip-serve-logs")),
        "triggerer": (1, ("triggerer", "--skip-serve-logs")),
        "dag-processor": (1, ("dag-processor",)),
    }
    return [Componente(nome, (sys.executable, "-m", "airflow", *resto), env, grupo) for nome, (grupo, resto) in argumentos.items()]


def fusion(estado: Estado, dsn: str) -> Componente:
    """The sandbox's Fusion on its own database."""
    env = {**base(estado), "FUSION_DSN": dsn, "FUSION_TOKEN": estado.segredos["token_fusion"]}
    comando = (sys.executable, "-m", "sandbox.fusion", "--porta", str(estado.portas["api"]))
    return Componente("fusion", comando, env, 3)


def simulador(estado: Estado, taxa: str, duracao: float = 0) -> Componente:
    """The hospital; ``duracao`` 0 runs on."""
    comando = (sys.executable, "-m", "sandbox.simulador", "--pasta", str(estado.pasta), "--taxa", taxa, "--duracao", str(duracao))
    return Componente("simulador", (*comando, "--invalidos", os.environ.get("FUSION_INVALIDOS", "0.02")), base(estado), 0)

"""A stack as docker-compose.yaml makes it: DAG files, engine and settings come from a Git repository, plugins and the triggerer's engine from an
image that was made before."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sandbox.processos import iniciar
from sandbox.stack import pilha
from sandbox.stack.ambiente import EXAMPLE
from sandbox.stack.componentes import Componente
from sandbox.stack.estado import RAIZ, Estado
from tests.e2e.hub import PACIENCIA, Hub

SETTINGS = "include/settings/integracoes.yaml"
"""Where a site keeps its own."""
WITHOUT_CODE = ("scheduler", "dag-processor")
"""Processes that have nothing of ours on their path but plugins."""


class GitPilha(pilha.Pilha):
    """``self.image`` holds plugins and engine, ``self.repository`` what Git brings. No source, no platform."""

    def __init__(self, estado: Estado) -> None:
        super().__init__(estado, lambda text: print(text, flush=True))
        self.image, self.repository = estado.pasta / "image", estado.pasta / "repository"
        for folder in ("plugins", "include"):
            shutil.copytree(RAIZ / folder, self.image / folder, ignore=shutil.ignore_patterns("__pycache__"))

    def _tarefas(self) -> dict[str, list[str]]:
        return {name: task for name, task in super()._tarefas().items() if name == "queues"}

    def _subir_postgres(self, porta: int) -> None:
        super()._subir_postgres(porta)
        bundle = {
            "name": "fusion",
            "classpath": "airflow.providers.git.bundles.git.GitDagBundle",
            "kwargs": {"tracking_ref": "main", "repo_url": str(self.repository), "refresh_interval": 5},
        }
        # Settings come by Git, too.
        self.env = {name: value for name, value in self.env.items() if not name.startswith("FUSION_SETTINGS")} | {
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.estado.pasta / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.image / "plugins"),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(self.estado.pasta / "bundles"),
        }

    def _lancar(self, componente: Componente) -> subprocess.Popen[bytes]:
        if componente.nome not in (*WITHOUT_CODE, "triggerer"):
            return super()._lancar(componente)
        path = [RAIZ / "config", *([] if componente.nome in WITHOUT_CODE else [self.image])]
        env = {**componente.env, "PYTHONPATH": os.pathsep.join(map(str, path))}
        # Python looks in the working folder first, and ours has everything.
        process = iniciar(componente.comando, log=self.estado.logs / f"{componente.nome}.log", env=env, cwd=self.estado.pasta)
        self._componentes[componente.nome] = replace(componente, env=env)
        self._registrar(componente.nome, process)
        return process


class GitHub(Hub):
    """That stack with a repository which so far holds the engine, and an entry that is switched off."""

    def __init__(self, pasta: Path) -> None:
        super().__init__(pasta)
        self.pilha: GitPilha = GitPilha(self.estado)

    def abrir(self) -> GitHub:
        shutil.copytree(RAIZ / "include", self.pilha.repository / "include", ignore=shutil.ignore_patterns("__pycache__"))
        self.git("init", "--quiet", "--initial-branch", "main")
        entry = next(e for e in yaml.safe_load(EXAMPLE.read_text())["integracoes"] if e["sistema"] == "consulfarma")
        self.commit({".airflowignore": (RAIZ / ".airflowignore").read_text(), **self.settings({**entry, "habilitada": False})})
        assert self.estado.travar()
        self.pilha.subir(None)
        return self

    @staticmethod
    def settings(*entries: Mapping[str, Any]) -> dict[str, str]:
        """The file of the settings, as :meth:`commit` takes it."""
        return {SETTINGS: yaml.safe_dump({"integracoes": [dict(entry) for entry in entries]}, allow_unicode=True)}

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        subprocess.run(["git", *who, *arguments], cwd=self.pilha.repository, check=True, capture_output=True, timeout=PACIENCIA)

    def commit(self, files: Mapping[str, str]) -> None:
        """Write ``files`` (path → text) and commit them."""
        for path, text in files.items():
            target = self.pilha.repository / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "update")

    def started(self) -> dict[str, int]:
        """Process ids of everything that runs."""
        return {name: child.pid for name, child in self.pilha.filhos.items()}

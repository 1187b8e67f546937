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

from sandbox.processos import start_run
from sandbox.stack import pilha
from sandbox.stack.ambiente import EXAMPLE
from sandbox.stack.componentes import Component
from sandbox.stack.estado import ROOT, StackState
from tests.e2e.hub import PACIENCIA, Hub

SETTINGS = "include/settings/integracoes.yaml"
"""Where a site keeps its own."""
WITHOUT_CODE = ("scheduler", "dag-processor")
"""Processes that have nothing of ours on their path but plugins."""


class GitPilha(pilha.Stack):
    """``self.image`` holds plugins and engine, ``self.repository`` what Git brings. No source, no platform."""

    def __init__(self, state: StackState) -> None:
        super().__init__(state, lambda text: print(text, flush=True))
        self.image, self.repository = state.folder / "image", state.folder / "repository"
        for folder in ("plugins", "include"):
            shutil.copytree(ROOT / folder, self.image / folder, ignore=shutil.ignore_patterns("__pycache__"))

    def _tasks(self) -> dict[str, list[str]]:
        return {name: task for name, task in super()._tasks().items() if name == "queues"}

    def _start_postgres(self, port: int) -> None:
        super()._start_postgres(port)
        bundle = {
            "name": "fusion",
            "classpath": "airflow.providers.git.bundles.git.GitDagBundle",
            "kwargs": {"tracking_ref": "main", "repo_url": str(self.repository), "refresh_interval": 5},
        }
        # Settings come by Git, too.
        self.env = {name: value for name, value in self.env.items() if not name.startswith("FUSION_SETTINGS")} | {
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.estado.folder / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.image / "plugins"),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
            # Airflow's own, as on a server: a file that stays as it is may have a statement that does not.
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(self.estado.folder / "bundles"),
        }

    def _launch(self, component: Component) -> subprocess.Popen[bytes]:
        if component.nome not in (*WITHOUT_CODE, "triggerer"):
            return super()._launch(component)
        path = [ROOT / "config", *([] if component.nome in WITHOUT_CODE else [self.image])]
        env = {**component.env, "PYTHONPATH": os.pathsep.join(map(str, path))}
        # Python looks in the working folder first, and ours has everything.
        process = start_run(component.command, log=self.estado.logs / f"{component.nome}.log", env=env, cwd=self.estado.folder)
        self._components[component.nome] = replace(component, env=env)
        self._record(component.nome, process)
        return process


class GitHub(Hub):
    """That stack with a repository which so far holds the engine, and an entry that is switched off."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.stack: GitPilha = GitPilha(self.estado)

    def open(self) -> GitHub:
        shutil.copytree(ROOT / "include", self.stack.repository / "include", ignore=shutil.ignore_patterns("__pycache__"))
        self.git("init", "--quiet", "--initial-branch", "main")
        entry = next(e for e in yaml.safe_load(EXAMPLE.read_text())["integracoes"] if e["sistema"] == "consulfarma")
        self.commit({".airflowignore": (ROOT / ".airflowignore").read_text(), **self.settings({**entry, "habilitada": False})})
        assert self.estado.lock()
        self.stack.start_up(None)
        return self

    @staticmethod
    def settings(*entries: Mapping[str, Any]) -> dict[str, str]:
        """The file of the settings, as :meth:`commit` takes it."""
        return {SETTINGS: yaml.safe_dump({"integracoes": [dict(entry) for entry in entries]}, allow_unicode=True)}

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        subprocess.run(["git", *who, *arguments], cwd=self.stack.repository, check=True, capture_output=True, timeout=PACIENCIA)

    def commit(self, files: Mapping[str, str]) -> None:
        """Write ``files`` (path → text) and commit them."""
        for path, text in files.items():
            target = self.stack.repository / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "update")

    def started(self) -> dict[str, int]:
        """Process ids of everything that runs."""
        return {name: child.pid for name, child in self.stack.children.items()}

"""A DAG's tasks in this process, one at a time: their ``execute``, connections and settings are the real ones; only Airflow's worker is left out."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from airflow.sdk.exceptions import DownstreamTasksSkipped

from include.fusion.settings import obtain
from tests import ROOT, SETTINGS
from tests.harness import Harness

AT_ONCE = {"permanencia": 0}
"""A delivery that does not linger."""


def settle(folder: Path, monkeypatch: pytest.MonkeyPatch, entry_id: str, **changes: Any) -> None:
    """A settings file with one entry of the tests' and ``changes`` of it: section → values over those that are there."""
    (entry,) = (e for e in yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))["integracoes"] if e["id"] == entry_id)
    for name, values in changes.items():
        entry[name] = {**entry.get(name, {}), **values} if isinstance(values, dict) else values
    file = folder / "integracoes.yaml"
    file.write_text(yaml.safe_dump({"integracoes": [entry]}), encoding="utf-8")
    monkeypatch.setenv("FUSION_SETTINGS", str(file))


def connect(monkeypatch: pytest.MonkeyPatch, harness: Harness) -> None:
    """Airflow connections of the harness's entry: to its databases and its Fusion."""
    names = obtain(harness.integracao).conexoes
    fusion = urlsplit(harness.server.url)
    http = {"conn_type": "http", "schema": "http", "host": fusion.hostname, "port": fusion.port, "password": harness.server.token}
    found = {names.origem: harness.dsn["origem"], names.database: harness.dsn["fila"], names.fusion_api: json.dumps(http)}
    for name, value in found.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", value)


class Run:
    """One run of the DAG of a file in ``dags/``, with its form filled in. ``xcoms``: (task, key) → value; ``skipped``: tasks, by those before."""

    def __init__(self, file: str, *, kind: str = "manual", dag: str = "dag", run_id: str = "r", **form: Any) -> None:
        self.dag = runpy.run_path(str(ROOT / "dags" / f"{file}.py"))[dag]
        self.kind = kind
        self.run_id = run_id
        self.form = {**self.dag.params.dump(), **form}
        self.xcoms: dict[tuple[str, str], Any] = {}
        self.skipped: set[str] = set()

    def context(self, task_id: str, attempt: int = 1) -> dict[str, Any]:
        """What a worker hands to a task."""
        ti = SimpleNamespace(
            dag_id=self.dag.dag_id, task_id=task_id, run_id=self.run_id, try_number=attempt, map_index=-1,
            xcom_push=lambda key, value: self.xcoms.update({(task_id, key): value}), get_task_states=self._states,
        )  # fmt: skip
        return {"ti": ti, "dag": self.dag, "dag_run": SimpleNamespace(run_type=self.kind), "params": self.form}

    def _states(self, dag_id: str, task_ids: list[str], run_ids: list[str]) -> dict[str, dict[str, str | None]]:
        """What Airflow's API answers: run → task → state."""
        assert (dag_id, run_ids) == (self.dag.dag_id, [self.run_id])
        done = {task: "success" for task, _ in self.xcoms} | dict.fromkeys(self.skipped, "skipped")
        return {self.run_id: {name: done.get(name) for name in task_ids}}

    def do(self, task_id: str, attempt: int = 1, **mapped: Any) -> Any:
        """What one try of a task returns, or raises; what it skips is noted. ``mapped``: what the step before gave to this one of many tasks."""
        task = self.dag.get_task(task_id)
        if mapped:
            task = task.unmap(mapped)
        try:
            result = task.execute(self.context(task_id, attempt))
        except DownstreamTasksSkipped as skip:
            self.skipped |= {str(name) for name in skip.tasks}
            return self.xcoms[task_id, "return_value"]
        json.dumps(result)  # XCom takes nothing else.
        self.xcoms[task_id, "return_value"] = result
        return result

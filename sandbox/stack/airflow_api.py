"""The few calls that the demo makes to Airflow's REST API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from include.fusion.settings import load
from sandbox.stack.ambiente import UI_USER
from sandbox.stack.estado import StackState

SCHEDULED_FHIR = ("fhir_push", "fhir_pull")
"""DAGs whose next scheduled run may be hours away."""
_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def ask(state: StackState, method: str, path: str, body: dict[str, Any] | None = None, token: str | None = None) -> dict[str, Any]:
    """One JSON request; without ``token`` it logs in first."""
    if token is None and path != "/auth/token":
        token = ask(state, "POST", "/auth/token", {"username": UI_USER, "password": state.secrets["senha_ui"]})["access_token"]
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{state.url_ui}{path}", data=data, method=method, headers=headers)
    with _OPEN(request, timeout=30) as response:
        return dict(json.load(response))


def missing_dags(state: StackState) -> list[str]:
    """DAGs of the settings that Airflow does not know yet."""
    expected_ones = {i.id for i in load() if i.habilitada} | set(_initial_runs()) | {*SCHEDULED_FHIR, "fhir_push_tempo_real"}
    try:
        known = {d["dag_id"] for d in ask(state, "GET", "/api/v2/dags?limit=100")["dags"]}
    except (OSError, urllib.error.URLError):
        return sorted(expected_ones)
    return sorted(expected_ones - known)


def _initial_runs() -> list[str]:
    return [dag_id for i in load() if i.habilitada for dag_id in i.initial_dags]


def trigger_initial_loads(state: StackState) -> list[str]:
    """Start each initial load that has not run yet; returns their DAG ids."""
    triggered = []
    for dag_id in _initial_runs():
        if not ask(state, "GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=1")["dag_runs"]:
            ask(state, "POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None})
            triggered.append(dag_id)
    return triggered


def trigger(estado: StackState, dag_ids: Sequence[str]) -> list[str]:
    """Start each as a person does; returns the addresses of their runs."""
    runs = [ask(estado, "POST", f"/api/v2/dags/{d}/dagRuns", {"logical_date": None}) for d in dag_ids]
    return [f"/api/v2/dags/{r['dag_id']}/dagRuns/{quote(r['dag_run_id'])}" for r in runs]


def have_ended(state: StackState, runs: Sequence[str]) -> bool:
    """Whether none of these runs goes on."""
    try:
        return all(ask(state, "GET", run)["state"] in ("success", "failed") for run in runs)
    except OSError:
        return False

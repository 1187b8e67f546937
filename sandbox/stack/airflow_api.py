"""The few calls that the demo makes to Airflow's REST API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from include.fusion.settings import carregar
from sandbox.stack.ambiente import USUARIO_UI
from sandbox.stack.estado import Estado

AGENDADAS_FHIR = ("fhir_push", "fhir_pull")
"""DAGs whose next scheduled run may be hours away."""
_ABRIR = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def pedir(estado: Estado, metodo: str, rota: str, corpo: dict[str, Any] | None = None, token: str | None = None) -> dict[str, Any]:
    """One JSON request; without ``token`` it logs in first."""
    if token is None and rota != "/auth/token":
        token = pedir(estado, "POST", "/auth/token", {"username": USUARIO_UI, "password": estado.segredos["senha_ui"]})["access_token"]
    cabecalhos = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    dados = None if corpo is None else json.dumps(corpo).encode()
    pedido = urllib.request.Request(f"{estado.url_ui}{rota}", data=dados, method=metodo, headers=cabecalhos)
    with _ABRIR(pedido, timeout=30) as resposta:
        return dict(json.load(resposta))


def faltam_dags(estado: Estado) -> list[str]:
    """DAGs of the settings that Airflow does not know yet."""
    esperadas = {i.id for i in carregar() if i.habilitada} | set(_iniciais()) | {*AGENDADAS_FHIR, "fhir_push_tempo_real"}
    try:
        conhecidas = {d["dag_id"] for d in pedir(estado, "GET", "/api/v2/dags?limit=100")["dags"]}
    except (OSError, urllib.error.URLError):
        return sorted(esperadas)
    return sorted(esperadas - conhecidas)


def _iniciais() -> list[str]:
    return [dag_id for i in carregar() if i.habilitada for dag_id in i.dags_iniciais]


def disparar_cargas_iniciais(estado: Estado) -> list[str]:
    """Start each initial load that has not run yet; returns their DAG ids."""
    disparadas = []
    for dag_id in _iniciais():
        if not pedir(estado, "GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=1")["dag_runs"]:
            pedir(estado, "POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None})
            disparadas.append(dag_id)
    return disparadas


def disparar(estado: Estado, dag_ids: Sequence[str]) -> list[str]:
    """Start each as a person does; returns the addresses of their runs."""
    runs = [pedir(estado, "POST", f"/api/v2/dags/{d}/dagRuns", {"logical_date": None}) for d in dag_ids]
    return [f"/api/v2/dags/{r['dag_id']}/dagRuns/{quote(r['dag_run_id'])}" for r in runs]


def terminaram(estado: Estado, runs: Sequence[str]) -> bool:
    """Whether none of these runs goes on."""
    try:
        return all(pedir(estado, "GET", run)["state"] in ("success", "failed") for run in runs)
    except OSError:
        return False

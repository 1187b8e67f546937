"""The Fusion Service's watcher polls Fusion's API beside its queue."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from fusion_airflow.triggers.work import PollCompartilhado, WorkTrigger
from include.fusion.settings import obter
from include.fusion.wiring import watch_plan
from sandbox.fusion.servidor import ServidorFusion
from sandbox.postgres import Postgres
from tests.dags.test_trigger import fusion, ouvir
from tests.plain_settings import como_dados, de_dados

__all__ = ["fusion"]


@pytest.fixture
def servidor(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServidorFusion]:
    servidor = ServidorFusion(postgres.criar_banco(f"fusion_{time.time_ns()}"), tmp_path).iniciar()
    conexao = {"conn_type": "http", "host": "127.0.0.1", "port": servidor.porta, "schema": "http", "password": servidor.token}
    monkeypatch.setenv("AIRFLOW_CONN_FUSION_API", json.dumps(conexao))
    yield servidor
    servidor.parar()


@pytest.fixture
def gatilho() -> WorkTrigger:
    ajustes = como_dados(obter("fusion_service"))
    ajustes["buscar_pendencias"]["intervalo_vigia"] = 0.1
    return WorkTrigger(plan=watch_plan(de_dados(ajustes)), remind=0.2)


def registrar(servidor: ServidorFusion, **mudancas: object) -> None:
    pendencia = {"aplicacao": "AgendaCirurgica", "metodo": "Sincronizar", "idEntidade": "7", "integracaoOrigem": 44,
                 "dataRegistro": datetime.now(UTC).isoformat()} | mudancas  # fmt: skip
    cabecalhos = {"Authorization": f"Bearer {servidor.token}", "Idempotency-Key": str(time.time_ns())}
    requests.post(f"{servidor.url}/api/AplicacaoPendencia", json=pendencia, headers=cabecalhos, timeout=5).raise_for_status()


@pytest.mark.usefixtures("fusion")
def test_an_open_pendency_wakes_the_service(servidor: ServidorFusion, gatilho: WorkTrigger) -> None:
    registrar(servidor)
    assert ouvir(gatilho, 10) == [{"integracao": "fusion_service", "motivo": "origem"}]


@pytest.mark.usefixtures("fusion")
def test_a_concluded_one_and_those_of_others_wake_nobody(servidor: ServidorFusion, gatilho: WorkTrigger) -> None:
    registrar(servidor, dataProcessamento=datetime.now(UTC).isoformat())
    registrar(servidor, integracaoOrigem=99)
    registrar(servidor, aplicacao="OutraAplicacao")
    assert ouvir(gatilho, 2) == []


@pytest.mark.usefixtures("fusion")
def test_the_watcher_outlives_fusion(servidor: ServidorFusion, gatilho: WorkTrigger) -> None:
    registrar(servidor)
    servidor.parar()
    assert ouvir(gatilho, 2) == []
    servidor.iniciar()
    PollCompartilhado._por_conexao.clear()
    assert len(ouvir(gatilho, 10)) == 1

"""The hook on a connection and on a tenant's configuration; pushes whose process is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from fusion_airflow.hooks.fhir import FhirHook
from include.fusion.fhir.platform.tables import fila_for
from sandbox.fhir.servidor import FhirServer
from tests import ROOT
from tests.integration.fhir.harness import FhirHarness, so_sandbox

pytestmark = so_sandbox


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    done = FhirServer(tmp_path_factory.mktemp("fhir")).start_run()
    yield done
    done.stop()


@pytest.fixture
def harness(database: str, tmp_path: Path, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FhirHarness]:
    server.clear_faults()
    made = FhirHarness(database, tmp_path, server)
    monkeypatch.setenv("AIRFLOW_CONN_PLATAFORMA", database)
    monkeypatch.setenv("AIRFLOW_CONN_FHIR_COFRE", json.dumps({"conn_type": "generic", "password": made.chave}))
    monkeypatch.setenv("FUSION_FHIR_TOKENS", str(tmp_path / "tokens-hook"))
    yield made
    made.close()


def connection(monkeypatch: pytest.MonkeyPatch, server: FhirServer, **more: object) -> None:
    fields = {"conn_type": "http", "schema": "http", "host": "127.0.0.1", "port": server.port, **more}
    monkeypatch.setenv("AIRFLOW_CONN_FHIR_TESTE", json.dumps(fields))


@pytest.mark.parametrize("tipo", ["basic", "oauth2", "apikey"])
def test_a_connection_is_enough_to_reach_a_server(
    harness: FhirHarness, server: FhirServer, monkeypatch: pytest.MonkeyPatch, tipo: str
) -> None:
    extra = {"authType": tipo, "authConfig": {"tokenUrl": f"{server.root}/auth/token"} if tipo == "oauth2" else {}}
    login = {"basic": "usuario", "oauth2": "hub", "apikey": ""}[tipo]
    connection(monkeypatch, server, login=login, password=server.secret, extra=extra)
    assert FhirHook("fhir_teste").test_connection() == (True, "servidor FHIR 4.0.1")


def test_a_connection_to_nobody_says_so(harness: FhirHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {
        "conn_type": "http",
        "schema": "http",
        "host": "127.0.0.1",
        "port": 1,
        "login": "u",
        "password": "p",
        "extra": {"maxRetries": 0},
    }
    monkeypatch.setenv("AIRFLOW_CONN_FHIR_TESTE", json.dumps(fields))
    ok, text = FhirHook("fhir_teste").test_connection()
    assert not ok and "indisponível" in text


def test_a_connection_that_makes_no_sense_is_refused(harness: FhirHarness, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connection(monkeypatch, server, extra={"authType": "outro"})
    with pytest.raises(ValidationError):
        FhirHook("fhir_teste").configuration()


def test_a_tenant_is_reached_by_its_configuration(harness: FhirHarness) -> None:
    assert FhirHook(tenant=harness.tenant).test_connection()[0]


_CHILD = """
import asyncio, json, sys
from pathlib import Path
from sqlalchemy import create_engine
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.config.store import ConfigStore
from include.fusion.wiring.fhir_names import FhirPush
from include.fusion.fhir.http.tokens import TokenCache
dsn, chave, pasta, tenant, dono = sys.argv[1:]
engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://"))
cofre = Secrets([chave])
config = ConfigStore(engine, cofre).obtain(tenant).config
cliente = FhirClient(tenant, config, TokenCache(cofre, Path(pasta)))
print("ja", flush=True)
asyncio.run(FhirPush(engine, cliente, dono).run())
"""


def test_a_killed_push_loses_nothing_and_doubles_nothing(harness: FhirHarness, tmp_path: Path) -> None:
    harness.configure(metadata={"bundleSize": 5, "concurrency": 2})
    harness.observe(600)
    luck = random.Random(7)
    for turn in range(3):
        command = [sys.executable, "-c", _CHILD, harness.dsn, harness.chave, str(tmp_path / "t"), harness.tenant, f"mortal#{turn}|"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ}) as child:
            assert child.stdout is not None and child.stdout.readline()
            before = harness.pending_ones()
            while child.poll() is None and harness.pending_ones() == before:
                time.sleep(0.01)
            time.sleep(luck.uniform(0, 0.1))
            child.send_signal(signal.SIGKILL)
        # As the operator does when its task is tried again.
        fila_for(harness.engine, harness.tenant).reclaim("mortal#")
    assert 0 < harness.pending_ones() < 600  # They died at work.
    harness.send()
    assert harness.pending_ones() == 0
    assert len(harness.no_ehr()) == 600
    assert {r["id"] for r in harness.no_ehr()} == {f for (f,) in harness.sql('select "fhirResourceId" from observations')}

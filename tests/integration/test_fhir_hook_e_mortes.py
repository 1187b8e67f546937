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
from include.fusion.fhir.platform.tables import fila_de
from sandbox.fhir.servidor import ServidorFhir
from tests.integration.fhir_apoio import BancadaFhir, so_sandbox

pytestmark = so_sandbox
RAIZ = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def servidor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorFhir]:
    feito = ServidorFhir(tmp_path_factory.mktemp("fhir")).iniciar()
    yield feito
    feito.parar()


@pytest.fixture
def bancada(banco: str, tmp_path: Path, servidor: ServidorFhir, monkeypatch: pytest.MonkeyPatch) -> Iterator[BancadaFhir]:
    servidor.limpar_falhas()
    feita = BancadaFhir(banco, tmp_path, servidor)
    monkeypatch.setenv("AIRFLOW_CONN_PLATAFORMA", banco)
    monkeypatch.setenv("AIRFLOW_CONN_FHIR_COFRE", json.dumps({"conn_type": "generic", "password": feita.chave}))
    monkeypatch.setenv("FUSION_FHIR_TOKENS", str(tmp_path / "tokens-hook"))
    yield feita
    feita.fechar()


def conexao(monkeypatch: pytest.MonkeyPatch, servidor: ServidorFhir, **mais: object) -> None:
    campos = {"conn_type": "http", "schema": "http", "host": "127.0.0.1", "port": servidor.porta, **mais}
    monkeypatch.setenv("AIRFLOW_CONN_FHIR_TESTE", json.dumps(campos))


@pytest.mark.parametrize("tipo", ["basic", "oauth2", "apikey"])
def test_a_connection_is_enough_to_reach_a_server(
    bancada: BancadaFhir, servidor: ServidorFhir, monkeypatch: pytest.MonkeyPatch, tipo: str
) -> None:
    extra = {"authType": tipo, "authConfig": {"tokenUrl": f"{servidor.raiz}/auth/token"} if tipo == "oauth2" else {}}
    login = {"basic": "usuario", "oauth2": "hub", "apikey": ""}[tipo]
    conexao(monkeypatch, servidor, login=login, password=servidor.segredo, extra=extra)
    assert FhirHook("fhir_teste").test_connection() == (True, "servidor FHIR 4.0.1")


def test_a_connection_to_nobody_says_so(bancada: BancadaFhir, monkeypatch: pytest.MonkeyPatch) -> None:
    campos = {
        "conn_type": "http",
        "schema": "http",
        "host": "127.0.0.1",
        "port": 1,
        "login": "u",
        "password": "p",
        "extra": {"maxRetries": 0},
    }
    monkeypatch.setenv("AIRFLOW_CONN_FHIR_TESTE", json.dumps(campos))
    certo, texto = FhirHook("fhir_teste").test_connection()
    assert not certo and "indisponível" in texto


def test_a_connection_that_makes_no_sense_is_refused(bancada: BancadaFhir, servidor: ServidorFhir, monkeypatch: pytest.MonkeyPatch) -> None:
    conexao(monkeypatch, servidor, extra={"authType": "outro"})
    with pytest.raises(ValidationError):
        FhirHook("fhir_teste").configuracao()


def test_a_tenant_is_reached_by_its_configuration(bancada: BancadaFhir) -> None:
    assert FhirHook(tenant=bancada.tenant).test_connection()[0]


_FILHO = """
import asyncio, json, sys
from pathlib import Path
from sqlalchemy import create_engine
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.config.store import Configuracoes
from include.fusion.wiring.fhir_names import Envio
from include.fusion.fhir.http.tokens import CacheTokens
dsn, chave, pasta, tenant, dono = sys.argv[1:]
engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://"))
cofre = Cofre([chave])
config = Configuracoes(engine, cofre).obter(tenant).config
cliente = ClienteFhir(tenant, config, CacheTokens(cofre, Path(pasta)))
print("ja", flush=True)
asyncio.run(Envio(engine, cliente, dono).executar())
"""


def test_a_killed_push_loses_nothing_and_doubles_nothing(bancada: BancadaFhir, tmp_path: Path) -> None:
    bancada.configurar(metadata={"bundleSize": 5, "concurrency": 2})
    bancada.observar(600)
    sorte = random.Random(7)
    for vez in range(3):
        comando = [sys.executable, "-c", _FILHO, bancada.dsn, bancada.chave, str(tmp_path / "t"), bancada.tenant, f"mortal#{vez}|"]
        with subprocess.Popen(comando, cwd=RAIZ, stdout=subprocess.PIPE, env={**os.environ}) as filho:
            assert filho.stdout is not None and filho.stdout.readline()
            antes = bancada.pendentes()
            while filho.poll() is None and bancada.pendentes() == antes:
                time.sleep(0.01)
            time.sleep(sorte.uniform(0, 0.1))
            filho.send_signal(signal.SIGKILL)
        # As the operator does when its task is tried again.
        fila_de(bancada.engine, bancada.tenant).recuperar("mortal#")
    assert 0 < bancada.pendentes() < 600  # They died at work.
    bancada.enviar()
    assert bancada.pendentes() == 0
    assert len(bancada.no_ehr()) == 600
    assert {r["id"] for r in bancada.no_ehr()} == {f for (f,) in bancada.sql('select "fhirResourceId" from observations')}

"""A platform, a FHIR server and an Airflow API server for the tests of the FHIR API."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
from sqlalchemy import create_engine

from include.fusion.fhir.platform.migrate import migrar_plataforma
from sandbox.fhir.servidor import ServidorFhir
from sandbox.origens import plataforma
from sandbox.postgres import Postgres
from tests.integration.airflow_apoio import ServidorAirflow

API = "/api/v1/fhir"


@contextmanager
def abrir(postgres: Postgres, pasta: Path, *, fab: bool = False) -> Iterator[Any]:
    """Tenants ``a``, ``b`` and another; six users from administrator to stranger, by teams or, with ``fab``, by roles ``tenant:<id>``."""
    dsn = postgres.criar_banco(f"plat_{pasta.name}")
    plataforma.criar(dsn)
    a, b, _ = plataforma.gerar(dsn, 3, 2)
    motor = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://"))
    migrar_plataforma(motor)
    motor.dispose()
    fhir = ServidorFhir(pasta / "fhir").iniciar()
    usuarios = {
        "chefe": "admin",
        "op": "op",
        "ana": f"user:{a.id}",
        "duas": f"user:{a.id}|{b.id}",
        "leitor": f"viewer:{a.id}",
        "sem": "user",
    }
    if fab:
        usuarios = {
            "chefe": "Admin",
            "op": "Op",
            "ana": f"User|tenant:{a.id}",
            "duas": f"User|tenant:{a.id}|tenant:{b.id}",
            "leitor": f"Viewer|tenant:{a.id}",
            "sem": "User",
        }
    airflow = ServidorAirflow(pasta, postgres.criar_banco(f"af_{pasta.name}"), usuarios, {"plataforma": dsn}, fab=fab)
    try:
        airflow.iniciar()
        yield SimpleNamespace(dsn=dsn, a=a.id, b=b.id, fhir=fhir, airflow=airflow, pedir=airflow.pedir)
    finally:
        airflow.parar()
        fhir.parar()


def configurar(mundo: Any, tenant: str = "", **mudancas: Any) -> dict[str, Any]:
    """Store a configuration of ``tenant`` (a) that works, with ``mudancas``."""
    corpo = {"enabled": True, "baseUrl": mundo.fhir.url, **mundo.fhir.acesso(), "maxRetries": 1, "initialDelay": 50, **mudancas}
    assert mundo.pedir("POST", f"{API}/config?tenant={tenant or mundo.a}&mesmoServidor=true", corpo, quem="chefe")[0] in (200, 201)
    mundo.fhir.limpar_falhas()
    return corpo


def sql(mundo: Any, comando: str, *valores: Any) -> list[tuple[Any, ...]]:
    con = psycopg2.connect(mundo.dsn)
    con.autocommit = True
    try:
        with con.cursor() as cur:
            cur.execute(comando, valores or None)
            return cur.fetchall() if cur.description else []
    finally:
        con.close()


def observar(mundo: Any, tenant: str) -> str:
    con = psycopg2.connect(mundo.dsn)
    obs_id = plataforma.observar(con, random.Random(random.SystemRandom().random()), tenant)
    con.commit()
    con.close()
    return obs_id

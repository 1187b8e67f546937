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

from include.fusion.fhir.platform.migrate import migrate_platform
from sandbox.fhir.servidor import FhirServer
from sandbox.origens import plataforma
from sandbox.postgres import Postgres
from tests.integration.airflow_server import AirflowServer

API = "/api/v1/fhir"


@contextmanager
def open_api(postgres: Postgres, folder: Path, *, fab: bool = False) -> Iterator[Any]:
    """Tenants ``a``, ``b`` and another; six users from administrator to stranger, by teams or, with ``fab``, by roles ``tenant:<id>``."""
    dsn = postgres.create_database(f"plat_{folder.name}")
    plataforma.create(dsn)
    a, b, _ = plataforma.generate(dsn, 3, 2)
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://"))
    migrate_platform(engine)
    engine.dispose()
    fhir = FhirServer(folder / "fhir").start_run()
    users = {
        "chefe": "admin",
        "op": "op",
        "ana": f"user:{a.id}",
        "duas": f"user:{a.id}|{b.id}",
        "leitor": f"viewer:{a.id}",
        "sem": "user",
    }
    if fab:
        users = {
            "chefe": "Admin",
            "op": "Op",
            "ana": f"User|tenant:{a.id}",
            "duas": f"User|tenant:{a.id}|tenant:{b.id}",
            "leitor": f"Viewer|tenant:{a.id}",
            "sem": "User",
        }
    airflow = AirflowServer(folder, postgres.create_database(f"af_{folder.name}"), users, {"plataforma": dsn}, fab=fab)
    try:
        airflow.start_run()
        yield SimpleNamespace(dsn=dsn, a=a.id, b=b.id, fhir=fhir, airflow=airflow, ask=airflow.ask)
    finally:
        airflow.stop()
        fhir.stop()


def configure(world: Any, tenant: str = "", **changes: Any) -> dict[str, Any]:
    """Store a configuration of ``tenant`` (a) that works, with ``changes``."""
    body = {"enabled": True, "baseUrl": world.fhir.url, **world.fhir.acesso(), "maxRetries": 1, "initialDelay": 50, **changes}
    assert world.ask("POST", f"{API}/config?tenant={tenant or world.a}&mesmoServidor=true", body, who="chefe")[0] in (200, 201)
    world.fhir.clear_faults()
    return body


def sql(world: Any, command: str, *values: Any) -> list[tuple[Any, ...]]:
    con = psycopg2.connect(world.dsn)
    con.autocommit = True
    try:
        with con.cursor() as cur:
            cur.execute(command, values or None)
            return cur.fetchall() if cur.description else []
    finally:
        con.close()


def observe(world: Any, tenant: str) -> str:
    con = psycopg2.connect(world.dsn)
    obs_id = plataforma.observe(con, random.Random(random.SystemRandom().random()), tenant)
    con.commit()
    con.close()
    return obs_id

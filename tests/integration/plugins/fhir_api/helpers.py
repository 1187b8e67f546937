"""A platform, a FHIR server and an Airflow API server for the tests of the FHIR API."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2

from sandbox.fhir.servidor import FhirServer
from sandbox.origens import plataforma
from sandbox.postgres import Postgres
from tests.databases import PLATFORM, run_sql, take
from tests.integration.airflow_server import AirflowServer

API = "/api/v1/fhir"
PATIENCE = 300.0
"""Seconds a busy machine may take."""


@contextmanager
def open_api(postgres: Postgres, folder: Path, *, fab: bool = False) -> Iterator[Any]:
    """Tenants ``a``, ``b`` and another; six users from administrator to stranger, by teams or, with ``fab``, by roles ``tenant:<id>``."""
    dsn = postgres.dsn(take(postgres, PLATFORM))
    a, b, _ = plataforma.generate(dsn, 3, 2)
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


def begin_anew(world: Any) -> None:
    """Tenant a has no configuration, and none of its patients is linked to one of the EHR's, whatever an earlier test left."""
    sql(world, "delete from fhir_integration_configs where tenant_id = %s", world.a)
    sql(world, 'update patients set "ehrPatientId" = null where "tenantId" = %s', world.a)


def configure(world: Any, tenant: str = "", **changes: Any) -> dict[str, Any]:
    """Store a configuration of ``tenant`` (a) that works, with ``changes``."""
    body = {"enabled": True, "baseUrl": world.fhir.url, **world.fhir.acesso(), "maxRetries": 1, "initialDelay": 50, **changes}
    assert world.ask("POST", f"{API}/config?tenant={tenant or world.a}&mesmoServidor=true", body, who="chefe")[0] in (200, 201)
    world.fhir.clear_faults()
    return body


def sql(world: Any, command: str, *values: Any) -> list[tuple[Any, ...]]:
    return run_sql(world.dsn, command, *values)


def at_once(world: Any, path: str, who: str = "ana", tenant: str = "") -> tuple[int, Any]:
    """The answer of a record's ``?wait=true``. On a busy machine the API's 25 s may pass: it says 202 and starts a run. Then ask again."""
    limit = time.monotonic() + PATIENCE
    while True:
        status, body = world.ask("POST", f"{API}/{path}?wait=true" + (f"&tenant={tenant}" if tenant else ""), who=who)
        if status != 202:
            return status, body
        assert time.monotonic() < limit, f"{path}: not within 25 s, again and again"


def observe(world: Any, tenant: str) -> str:
    con = psycopg2.connect(world.dsn)
    obs_id = plataforma.observe(con, random.Random(random.SystemRandom().random()), tenant)
    con.commit()
    con.close()
    return obs_id

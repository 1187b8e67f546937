"""The platform's database for a stack: tables, people, migrations, tenants configured against the sandbox's FHIR server."""

from __future__ import annotations

import time
from typing import Any

import psycopg2
from sqlalchemy import create_engine

from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.config.store import ConfigStore
from include.fusion.fhir.platform.migrate import migrate_platform
from include.fusion.fhir.platform.repository import Repository
from sandbox.origens.plataforma.ehr import EhrServer
from sandbox.origens.plataforma.gerador import create, generate

TENANTS = (("oauth2", "realtime"), ("apikey", "realtime"), ("basic", "hourly"))
"""How each of the sandbox's tenants enters the EHR, and when it sends."""
PACIENTES = 12
KNOWN = 4
"""Patients of each tenant whom the hospital knows before the platform sends anything, each with an observation."""


def access(kind: str, server: str, secret: str) -> dict[str, Any]:
    """``authType`` and ``authConfig`` at the sandbox's FHIR server."""
    root = server.removesuffix("/fhir")
    credentials: dict[str, dict[str, Any]] = {
        "oauth2": {"clientId": "hub", "clientSecret": secret, "tokenUrl": f"{root}/auth/token"},
        "basic": {"username": "usuario", "password": secret},
        "apikey": {"apiKey": secret, "apiKeyHeader": "X-API-Key"},
    }
    return {"authType": kind, "authConfig": credentials[kind]}


def prepare(url: str, server: str, secret: str, key: str) -> None:
    """Harmless to repeat; a FHIR server that has moved to another port gets the tenants' configurations entered anew.

    ``url``: of the platform's database; ``server`` and ``secret``: of the sandbox's FHIR server; ``key``: a Fernet key.
    """
    create(url)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1))
    migrate_platform(engine)
    con = psycopg2.connect(url)
    with con, con.cursor() as cur:
        cur.execute("select id from tenants order by name")
        tenants = [t for (t,) in cur.fetchall()]
    con.close()
    if not tenants:
        tenants = [t.id for t in generate(url, len(TENANTS), PACIENTES)]
    configurations = ConfigStore(engine, Secrets([key]))
    for tenant, (kind, frequency) in zip(tenants, TENANTS, strict=False):
        body = {"enabled": True, "baseUrl": server, "syncFrequency": frequency, "initialDelay": 200, "maxDelay": 2000}
        configurations.write(tenant, body | access(kind, server, secret), "sandbox", same_server=True)
        _introduce(Repository(engine, tenant), EhrServer(server, secret), url)
    engine.dispose()


def _introduce(repository: Repository, ehr: EhrServer, url: str) -> None:
    """The hospital's own history: patients who are in the EHR already, linked by their ehrPatientId."""
    con = psycopg2.connect(url)
    with con, con.cursor() as cur:
        cur.execute('select id from patients where "tenantId" = %s order by id limit %s', (repository.tenant_id, KNOWN))
        ids = [row[0] for row in cur.fetchall()]
    con.close()
    _wait(ehr)
    for paciente_id in ids:
        person = repository.person(paciente_id)
        if person is not None and person.ehr_id is None:
            ehr_id, version = ehr.register(person.paciente)
            repository.write_paciente(paciente_id, ehr_id, version)
            ehr.observe(ehr_id, 70)


def _wait(ehr: EhrServer, seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not ehr.responds():
        if time.monotonic() > limit:
            raise RuntimeError("the sandbox FHIR server does not answer")
        time.sleep(0.1)

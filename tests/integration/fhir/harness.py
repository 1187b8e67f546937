"""One platform database and one FHIR server, without Airflow. ``FHIR_TEST_URL`` (with ``FHIR_TEST_AUTH``: authType and authConfig as JSON)
puts an external server in the place of the sandbox's; tests that inject faults are then skipped.

On an external server nobody is found by CPF or CNS: its patients are none of ours. All that the tests write there carries identifiers of
``urn:fusion:teste:…`` and is deleted at the end of each test; what the server does not let them delete is named in a warning.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import uuid
import warnings
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine

from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.config.store import ConfigStore
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.http.errors import FhirError
from include.fusion.fhir.http.tokens import TokenCache
from include.fusion.fhir.platform.migrate import migrate_platform
from include.fusion.fhir.pull.pull import Pull, PullResult
from include.fusion.wiring.fhir_names import FhirPush, FhirPushResult
from sandbox.fhir.servidor import FhirServer
from sandbox.origens import plataforma

EXTERNAL = os.environ.get("FHIR_TEST_URL", "")
so_sandbox = pytest.mark.skipif(bool(EXTERNAL), reason="needs the sandbox's fault injection; FHIR_TEST_URL names an external server")
TESTE = {"observationSystem": "urn:fusion:teste:observation", "patientSystem": "urn:fusion:teste:patient"} if EXTERNAL else {}
HOSPITAL = "urn:fusion:teste:hospital"
QUICK = {"initialDelay": 20, "maxDelay": 80}


class FhirHarness:
    """Tenants of a small platform, all configured against ``server``."""

    def __init__(self, database: str, folder: Path, server: FhirServer | None, tenants: int = 1, pacientes: int = 3) -> None:
        self.dsn = database
        self.server = server
        plataforma.create(database)
        self.tenants = plataforma.generate(database, tenants, pacientes, semente=random.SystemRandom().randrange(10**6))
        self.engine = create_engine(database.replace("postgresql://", "postgresql+psycopg2://", 1), hide_parameters=True)
        migrate_platform(self.engine)
        if EXTERNAL:
            self.sql("update patients set name = 'Paciente de Teste', cpf = null, cns = null, phone = null, email = null")
        self._of_hospital: set[str] = set()
        self.chave = Fernet.generate_key().decode()
        self.secrets = Secrets([self.chave])
        self.configurations = ConfigStore(self.engine, self.secrets, max_age=0)
        self.cache = TokenCache(self.secrets, folder / "tokens")
        # Ids of their own for each test: several share one server.
        self.rng = random.Random(random.SystemRandom().random())
        for tenant in self.tenants:
            self.configure(tenant.id)

    @property
    def tenant(self) -> str:
        return self.tenants[0].id

    def configure(self, tenant: str = "", **changes: Any) -> None:
        if EXTERNAL:
            if not (access := os.environ.get("FHIR_TEST_AUTH")):
                raise pytest.UsageError("FHIR_TEST_URL needs FHIR_TEST_AUTH, as docs/fhir.md has it")
            destination = {"baseUrl": EXTERNAL, **json.loads(access)}
        else:
            assert self.server is not None
            destination = {"baseUrl": self.server.url, **self.server.acesso()}
        body = {"enabled": True, **destination, **QUICK, **changes, "metadata": TESTE | changes.get("metadata", {})}
        self.configurations.write(tenant or self.tenant, body, "teste", same_server=True)

    def client(self, tenant: str = "") -> FhirClient:
        tenant = tenant or self.tenant
        return FhirClient(tenant, self.configurations.obtain(tenant).config, self.cache)

    def send(self, tenant: str = "", observations: list[str] | None = None, owner: str = "teste#1|") -> FhirPushResult:
        return asyncio.run(FhirPush(self.engine, self.client(tenant), owner).run(observations))

    def look_up(self, tenant: str = "") -> PullResult:
        return asyncio.run(Pull(self.engine, self.client(tenant)).run())

    def observe(self, count: int = 1, tenant: str = "") -> list[str]:
        con = psycopg2.connect(self.dsn)
        ids = [plataforma.observe(con, self.rng, tenant or self.tenant) for _ in range(count)]
        con.commit()
        con.close()
        return ids

    def edit(self, obs_id: str) -> None:
        con = psycopg2.connect(self.dsn)
        plataforma.edit(con, self.rng, obs_id)
        con.commit()
        con.close()

    def sql(self, command: str, *values: Any) -> list[tuple[Any, ...]]:
        con = psycopg2.connect(self.dsn)
        con.autocommit = True
        try:
            with con.cursor() as cur:
                cur.execute(command, values or None)
                return cur.fetchall() if cur.description else []
        finally:
            con.close()

    def pending_ones(self, tenant: str = "") -> int:
        return int(self.sql('select count(*) from observations where not "syncedToEHR" and "tenantId" = %s', tenant or self.tenant)[0][0])

    def dead_letters_of(self, tenant: str = "") -> list[str]:
        query = "select motivo from SincronizacaoFhir where situacao = 'erro' and processo = %s order by id"
        return [m for (m,) in self.sql(query, tenant or self.tenant)]

    def no_ehr(self, kind: str = "Observation") -> list[dict[str, Any]]:
        """Every resource of a kind that this platform's tenants have in the EHR, through the client itself."""
        return asyncio.run(self._no_ehr(kind))

    async def _no_ehr(self, kind: str) -> list[dict[str, Any]]:
        pacientes = {e for (e,) in self.sql('select distinct "ehrPatientId" from patients where "ehrPatientId" is not null')}
        found: dict[str, dict[str, Any]] = {}
        async with self.client() as client:
            for paciente in sorted(pacientes):
                parameters = [("_id", paciente)] if kind == "Patient" else [("patient", paciente)]
                async for page in client.pages(kind, parameters):
                    found |= {r["id"]: r for r in page}
        return list(found.values())

    def hospital(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One write by somebody else than the push, marked as a test's; the resource as the server then has it."""
        kind = body["resourceType"]
        if method == "POST":
            body = body | {"identifier": [*body.get("identifier", []), {"system": HOSPITAL, "value": str(uuid.uuid4())}]}
        if self.server is not None:
            return self.server.fhir(method, path, body)

        async def write_text() -> dict[str, Any]:
            async with self.client() as client:
                escrito = await client.ask(method, path, kind, body, {"Prefer": "return=representation"})
                assert escrito.id is not None
                self._of_hospital.add(f"{kind}/{escrito.id}")
                read_item = await client.read(kind, escrito.id)
                return dict(read_item.body)

        return asyncio.run(write_text())

    def _delete(self) -> None:
        """Everything that the tests wrote on an external server, observations first."""

        async def delete(routes: list[str]) -> list[str]:
            ficaram = []
            async with self.client() as client:
                for path in routes:
                    try:
                        await client.ask("DELETE", path, path.partition("/")[0])
                    except FhirError as error:
                        if getattr(error, "status", 0) not in (404, 410):
                            ficaram.append(path)
            return ficaram

        pacientes = {f"Patient/{e}" for (e,) in self.sql('select "ehrPatientId" from patients where "ehrPatientId" is not null')}
        observations = {f"Observation/{r['id']}" for r in self.no_ehr()}
        if ficaram := asyncio.run(delete(sorted(observations | pacientes | self._of_hospital))):
            warnings.warn(f"left on the server: {', '.join(ficaram)}", stacklevel=2)

    def close(self) -> None:
        if EXTERNAL:
            self._delete()
        self.engine.dispose()

"""Rows of the platform that the FHIR integration reads: the sandbox's own and some that its flows never write."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import psycopg2
from sqlalchemy import Engine

from sandbox.origens import plataforma
from sandbox.postgres import Postgres
from tests.unit.model.recorded.engine import new_resource, observations, people, platform_tables
from tests.unit.model.recorded.sources import SEED, Candidate, database

VARIANTS = {"zone": {"timezone": "America/Manaus"}}
KEEP = {"Observation": 20, "Patient": 10}
_BY_HAND = (
    ("weight", "72.50", None, None, "kg", None, None, None, "final"), ("weight", "150", None, None, "lb", None, None, None, "amended"),
    ("weight", "3250", None, None, "g", None, None, None, "final"), ("height", "1.72", None, None, "m", None, None, None, "final"),
    ("temperature", "100.4", None, None, "°F", None, None, None, "corrected"), ("heart_rate", "70", None, None, "bpm", None, None, None, "preliminary"),
    ("blood_pressure", None, "120", None, None, None, None, None, "final"), ("blood_pressure", None, None, None, None, None, None, None, "cancelled"),
    ("pain", "0", None, None, None, None, None, None, "final"), ("other", "4.10", None, None, "mmol/L", None, "2823-3", "http://loinc.org", "final"),
    ("other", None, None, None, None, "não reagente", "hiv", None, "final"), ("other", None, None, None, None, None, "x", "urn:local", "entered-in-error"),
    ("vital_signs_panel", None, None, None, None, None, None, None, "registered"), ("weight", "70", None, None, "cm", None, None, None, "final"),
    ("invented", "1", None, None, None, None, None, None, "final"), ("heart_rate", None, None, None, None, None, None, None, "final"),
    ("glucose", "99", None, None, "mmol/L", None, None, None, "final"),
)  # fmt: skip
"""Observations that the sandbox's flows never write: type, value, systolic, diastolic, unit, text, code, system, status."""
_INSERT = (
    'insert into observations (type, value, systolic, diastolic, unit, "valueText", code, "codeSystem", status, id, "tenantId", "patientId",'
    ' "effectiveAt") values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, (select min(id) from patients where "tenantId" = %s), %s)'
)
_SENT = "insert into fhir_resources (tenant_id, resource_type, local_id, resource_id, version_id, recurso) values (%s, 'Observation', %s, %s, '1', %s)"
_OF_THE_EHR: dict[str, dict[str, Any]] = {
    "Observation": {"id": "9", "note": [{"text": "do hospital"}], "interpretation": [{"text": "alto"}], "performer": [{"display": "Enfermagem"}]},
    "Patient": {"id": "8", "address": [{"city": "Salvador"}], "name": [{"use": "official", "given": ["Pessoa"], "family": "Antiga"}, {"use": "old", "text": "Outra"}]},
}  # fmt: skip
"""What the EHR knows besides, and an update must keep."""


def platform_candidates(postgres: Postgres) -> Iterator[Candidate]:
    """Observations and patients of one tenant: new ones, and changed ones that the EHR has already."""
    with database(postgres) as (dsn, engine):
        plataforma.create(dsn)
        (tenant,) = plataforma.generate(dsn, 1, 40, 120, SEED)
        platform_tables(engine)
        con = psycopg2.connect(dsn)
        _change(con, engine, tenant.id)
        con.close()
        for row in observations(engine, tenant.id):
            yield Candidate("Observation", row["id"], {"platform": [row]}, odd=row["id"].startswith(("new-", "known-")))
        for n, row in enumerate(people(engine)):
            known = {**(new_resource("Patient", row) or {}), **_OF_THE_EHR["Patient"], "gender": "other"} if n % 2 else None
            yield Candidate("Patient", row["patientId"], {"platform": [{**row, "recurso": known and json.dumps(known)}]})


def _change(con: Any, engine: Engine, tenant: str) -> None:
    """Observations by hand, each once new and once sent; then those that were sent change, in number, text or kind."""
    rng = random.Random(SEED)
    with con.cursor() as cur:
        for n, written in enumerate(_BY_HAND):
            for name in ("new", "known"):
                moment = f"2026-02-28T23:59:{n:02}.{'5' if n % 2 else '0'}-03:00"
                cur.execute(_INSERT, (*written, f"{name}-{n}", tenant, tenant, moment))
        con.commit()
        for row in observations(engine, tenant):
            # Of the sandbox's own observations half; none that is refused.
            if (row["id"].startswith("known-") or row["id"] < "8") and (resource := new_resource("Observation", row)) is not None:
                cur.execute(_SENT, (tenant, row["id"], row["id"], json.dumps({**resource, **_OF_THE_EHR["Observation"]})))
                plataforma.edit(con, rng, row["id"])
        cur.execute("update observations set \"valueText\" = 'reagente' where id like 'known-%' and \"valueText\" is not null")
        cur.execute("update observations set type = 'pain', unit = null where id like 'known-%' and type = 'height'")
    con.commit()

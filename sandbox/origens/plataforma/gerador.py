"""Tenants, patients and observations of the platform: the same for the same seed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.origens.base import connect, copy
from sandbox.origens.pessoas import PersonGenerator

SCHEMA = Path(__file__).with_name("esquema.sql")
ORIGINS = ("whatsapp", "whatsapp", "whatsapp", "api")
_RANGES: dict[str, tuple[float, float, int]] = {
    "heart_rate": (50, 120, 0), "respiratory_rate": (10, 28, 0), "oxygen_saturation": (88, 100, 0), "temperature": (35.5, 39.5, 1),
    "weight": (40, 120, 1), "height": (145, 195, 0), "head_circumference": (30, 56, 1), "bmi": (17, 40, 1), "waist_circumference": (60, 130, 0),
    "glucose": (60, 280, 0), "blood_glucose": (60, 280, 0), "blood_glucose_molar": (3.5, 15, 1), "pain": (0, 10, 0),
    "mean_arterial_pressure": (60, 120, 0),
}  # fmt: skip
"""Sign → lowest, highest, decimals."""
_COLUMNS = (
    "id", '"tenantId"', '"patientId"', "type", "value", "systolic", "diastolic", "unit", "status", "source", '"effectiveAt"', '"createdAt"',
)  # fmt: skip


class Tenant(NamedTuple):
    id: str
    nome: str


def _id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def create(dsn: str) -> None:
    """The platform's own tables; harmless when they are there."""
    with connect(dsn) as con, con.cursor() as cur:
        cur.execute("select to_regclass('tenants')")
        if cur.fetchone()[0] is None:
            cur.execute(SCHEMA.read_text(encoding="utf-8"))
    con.close()


def generate(dsn: str, tenants: int = 3, pacientes: int = 20, observations: int = 0, semente: int = 7) -> list[Tenant]:
    """``pacientes`` and ``observations`` for each of ``tenants``; none of the observations is synchronised yet."""
    rng = random.Random(f"plataforma-{semente}")
    persons = PersonGenerator(semente, edge=0.0)
    done = [Tenant(_id(rng), f"Clínica {n + 1:03d}") for n in range(tenants)]
    con = connect(dsn)
    try:
        copy(con, "tenants", ("id", "name"), done)
        for tenant in done:
            ids = [_id(rng) for _ in range(pacientes)]
            copy(con, "patients", _PACIENTE, (_paciente(i, tenant.id, persons) for i in ids))
            copy(con, "observations", _COLUMNS, _many(rng, tenant.id, ids, observations))
        con.commit()
    finally:
        con.close()
    return done


_PACIENTE = ("id", '"tenantId"', "name", '"socialName"', "cpf", "cns", '"birthDate"', "gender", "phone", "email")


def _paciente(id: str, tenant_id: str, persons: PersonGenerator) -> tuple[Any, ...]:
    p = persons.person()
    gender = {"M": "male", "F": "female"}.get(p.sexo, "unknown")
    return (id, tenant_id, p.nome, p.nome_social, p.cpf, p.cns, p.nascimento, gender, p.celular, p.email)


def _many(rng: random.Random, tenant_id: str, pacientes: list[str], count: int) -> Iterator[tuple[Any, ...]]:
    for _ in range(count):
        yield _observation(rng, tenant_id, rng.choice(pacientes))


def _observation(rng: random.Random, tenant_id: str, paciente: str) -> tuple[Any, ...]:
    """One reading as somebody types it into the chat, or a device sends it."""
    now = datetime.now(UTC)
    value = systolic = diastolic = None
    if rng.random() < 0.3:
        kind, systolic, diastolic = "blood_pressure", Decimal(rng.randint(90, 180)), Decimal(rng.randint(50, 110))
    else:
        kind = rng.choice(sorted(_RANGES))
        minimum, maximum, decimals = _RANGES[kind]
        value = Decimal(f"{rng.uniform(minimum, maximum):.{decimals}f}")
    effective = now - timedelta(seconds=rng.randint(0, 7200))
    return (_id(rng), tenant_id, paciente, kind, value, systolic, diastolic, None, "final", rng.choice(ORIGINS), effective, now)


def observe(con: Any, rng: random.Random, tenant_id: str) -> str:
    """One new observation of some patient, as ``ObservationsService.create()`` stores it; the caller commits. Returns its id."""
    with con.cursor() as cur:
        cur.execute('select id from patients where "tenantId" = %s order by random() limit 1', (tenant_id,))
        row = _observation(rng, tenant_id, cur.fetchone()[0])
        cur.execute(f"insert into observations ({', '.join(_COLUMNS)}) values ({', '.join(['%s'] * len(_COLUMNS))})", row)
    return str(row[0])


def edit(con: Any, rng: random.Random, observation_id: str) -> None:
    """Somebody corrects a reading: unsynced again, as the platform's service leaves it."""
    with con.cursor() as cur:
        cur.execute(
            "update observations set value = value + %s, systolic = systolic + 1, status = 'amended', \"syncedToEHR\" = false,"
            ' "updatedAt" = clock_timestamp() where id = %s',
            (rng.randint(1, 3), observation_id),
        )

"""The platform's database (PostgreSQL) for synchronisation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from include.fusion.fhir.mapping.observation import Observation
from include.fusion.fhir.mapping.patient import Paciente
from include.fusion.fhir.mapping.validate import as_json, from_json
from include.fusion.fhir.platform.tables import tenant_number
from include.fusion.store.filas import FilaItem

# No new row while an observation has an open one, or one in erro for the same edit (versao_conteudo).
_NEW = """\
SELECT o.id, o."fhirResourceId" IS NOT NULL AS conhecida FROM observations o
LEFT JOIN SincronizacaoFhir f ON f.integracao_id = :numero AND f.processo = :tenant AND f.chave = o.id
    AND f.situacao IN ('pendente', 'reservado', 'erro')
WHERE o."tenantId" = :tenant AND NOT o."syncedToEHR"
    AND (f.id IS NULL OR (f.situacao = 'erro' AND f.versao_conteudo <> to_char(o."updatedAt", 'YYYYMMDDHH24MISSUS')))
ORDER BY o.id LIMIT :limite"""
# Python has no year 20260 (a typing error): reading it would fail for the whole batch.
_PERSON = """\
CASE WHEN p."birthDate" BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN p."birthDate" END AS "birthDate",
    p.name, p."socialName", p.cpf, p.cns, nullif(p."ehrPatientId", '') AS "ehrPatientId", p.gender, p.phone, p.email"""
_READ = f"""\
SELECT o.id, o.type, o.value, o.systolic, o.diastolic, o.unit, o."valueText", o.code, o."codeSystem", o.status,
    CASE WHEN o."effectiveAt" >= '0002-01-01' AND o."effectiveAt" < '9999-01-01' THEN o."effectiveAt" END AS "effectiveAt",
    o."fhirResourceId", to_char(o."updatedAt", 'YYYYMMDDHH24MISSUS') AS marca, o."syncedToEHR" AS sincronizada,
    o."patientId", p.id IS NOT NULL AS com_paciente, {_PERSON},
    r.version_id, CAST(r.recurso AS text) AS recurso
FROM observations o
LEFT JOIN patients p ON p.id = o."patientId" AND p."tenantId" = o."tenantId"
LEFT JOIN fhir_resources r ON r.tenant_id = o."tenantId" AND r.resource_type = 'Observation' AND r.local_id = o.id
WHERE o."tenantId" = :tenant AND o.id = ANY(:ids)"""
# An observation that was edited meanwhile stays unsynced: the next look queues it again.
_SENT = """\
UPDATE observations o SET "fhirResourceId" = d.fhir_id, "syncedToEHR" = (to_char(o."updatedAt", 'YYYYMMDDHH24MISSUS') = d.marca)
FROM jsonb_to_recordset(CAST(:linhas AS jsonb)) AS d (id text, marca text, fhir_id text)
WHERE o.id = d.id AND o."tenantId" = :tenant
RETURNING round(extract(epoch FROM clock_timestamp() - o."updatedAt") * 1000)"""
_RESOURCE = """\
INSERT INTO fhir_resources AS r (tenant_id, resource_type, local_id, resource_id, version_id, recurso)
SELECT :tenant, :tipo, d.id, d.fhir_id, d.versao, d.recurso
FROM jsonb_to_recordset(CAST(:linhas AS jsonb)) AS d (id text, fhir_id text, versao text, recurso jsonb) ORDER BY d.id
ON CONFLICT (tenant_id, resource_type, local_id) DO UPDATE SET resource_id = excluded.resource_id, version_id = excluded.version_id,
    recurso = coalesce(excluded.recurso, r.recurso), atualizado_em = statement_timestamp()"""
_METRIC = """\
INSERT INTO fhir_sync_metrics AS m (tenant_id, sentido, hora, enviados, recebidos, falhas, duracao_ms, latencia_ms, medidos)
VALUES (:tenant, :sentido, date_trunc('hour', statement_timestamp()), :enviados, :recebidos, :falhas, :duracao, :latencia, :medidos)
ON CONFLICT (tenant_id, sentido, hora) DO UPDATE SET enviados = m.enviados + excluded.enviados,
    recebidos = m.recebidos + excluded.recebidos, falhas = m.falhas + excluded.falhas, duracao_ms = m.duracao_ms + excluded.duracao_ms,
    latencia_ms = m.latencia_ms + excluded.latencia_ms, medidos = m.medidos + excluded.medidos"""
_CONCLUDED = """\
UPDATE fhir_integration_configs SET last_error = coalesce(:erro, CASE WHEN starts_with(last_error, :outro) THEN last_error END),
    last_sync_at = CASE WHEN :certo THEN NOW() ELSE last_sync_at END WHERE tenant_id = :tenant"""
_TENANTS = """\
SELECT c.tenant_id, t.name FROM fhir_integration_configs c JOIN tenants t ON t.id = c.tenant_id
WHERE c.enabled AND c.sync_direction IN ('bidirectional', :direcao) AND (:todas OR c.sync_frequency = ANY(:frequencias))
ORDER BY c.tenant_id"""


class Person(NamedTuple):
    """A patient, with its id in the EHR if it has one."""

    paciente: Paciente
    ehr_id: str | None


@dataclass(frozen=True)
class LocalObservation:
    """An unsynced observation, with all data for sending. ``marca``: which edit it is. ``recurso``: last seen resource of the EHR.
    ``has_paciente``: its patient belongs to the tenant."""

    obs: Observation
    person: Person
    marca: str
    fhir_id: str | None = None
    versao: str | None = None
    recurso: dict[str, Any] | None = None
    synchronised: bool = False
    has_paciente: bool = True


class SentObservation(NamedTuple):
    """An observation that the EHR accepted."""

    id: str
    marca: str
    fhir_id: str
    versao: str | None
    recurso: dict[str, Any] | None = None


@dataclass(frozen=True)
class SyncCounts:
    """Counts of one synchronisation; ``duracao`` in ms; ``latencia`` in ms, summed over ``medidos`` records. Field names are binds."""

    enviados: int = 0
    recebidos: int = 0
    falhas: int = 0
    duracao: int = 0
    latencia: int = 0
    medidos: int = 0


@dataclass(frozen=True)
class Repository:
    """Rows of one tenant: every statement has its id."""

    engine: Engine
    tenant_id: str

    def novas(self, con: Connection, limit: int) -> list[FilaItem]:
        """Unsynced observations without an open queue row."""
        rows = con.execute(text(_NEW), {"tenant": self.tenant_id, "numero": tenant_number(self.tenant_id), "limite": limit})
        return [FilaItem(key, "", "alteracao" if known else "inclusao") for key, known in rows]

    def observacoes(self, ids: Sequence[str]) -> dict[str, LocalObservation]:
        with self.engine.connect() as con:
            rows = con.execute(text(_READ), {"tenant": self.tenant_id, "ids": list(ids)}).mappings().all()
        return {row["id"]: _local(row) for row in rows}

    def person(self, paciente_id: str) -> Person | None:
        query = f'SELECT p.id AS "patientId", {_PERSON} FROM patients p WHERE p."tenantId" = :tenant AND p.id = :id'
        with self.engine.connect() as con:
            row = con.execute(text(query), {"tenant": self.tenant_id, "id": paciente_id}).mappings().first()
        return None if row is None else _person(row)

    def pacientes_in_ehr(self, after: str, limit: int) -> list[tuple[str, str]]:
        """Next ``(id, ehrPatientId)`` in order of the ids."""
        query = (
            'SELECT id, "ehrPatientId" FROM patients WHERE "tenantId" = :tenant AND "ehrPatientId" IS NOT NULL AND "ehrPatientId" <> \'\' AND id > :depois'
            " ORDER BY id LIMIT :limite"
        )
        with self.engine.connect() as con:
            return [(a, b) for a, b in con.execute(text(query), {"tenant": self.tenant_id, "depois": after, "limite": limit})]

    def write_paciente(self, paciente_id: str, ehr_id: str, version: str | None) -> None:
        with self.engine.begin() as con:
            binds = {"tenant": self.tenant_id, "id": paciente_id, "ehr": ehr_id}
            con.execute(text('UPDATE patients SET "ehrPatientId" = :ehr WHERE id = :id AND "tenantId" = :tenant'), binds)
            self.write_resource(con, "Patient", paciente_id, ehr_id, version, None)

    def write_sent(self, con: Connection, sent: Iterable[SentObservation]) -> list[int]:
        """Write all; returns, for each, the milliseconds since its last edit."""
        times: list[int] = []
        rows = [e._asdict() for e in sent]
        if rows:
            # As JSON: one statement for all of them.
            binds = {"tenant": self.tenant_id, "tipo": "Observation", "linhas": as_json(rows).decode()}
            times = [max(0, int(ms)) for ms in con.execute(text(_SENT), binds).scalars()]
            con.execute(text(_RESOURCE), binds)
        return times

    def write_resource(
        self, con: Connection, kind: str, id: str, resource_id: str, version: str | None, resource: dict[str, Any] | None
    ) -> None:
        row = {"id": id, "fhir_id": resource_id, "versao": version, "recurso": resource}
        con.execute(text(_RESOURCE), {"tenant": self.tenant_id, "tipo": kind, "linhas": as_json([row]).decode()})

    def conclude(self, direction: str, error: str | None, counts: SyncCounts) -> None:
        """Note the end of a synchronisation: ``last_sync_at`` after success, ``last_error``, metrics of the hour.

        An error stays until its own direction succeeds: else a push every few seconds would hide that every pull fails.
        """
        side, other = ("envio: ", "busca: ") if direction == "push" else ("busca: ", "envio: ")
        with self.engine.begin() as con:
            binds = {"tenant": self.tenant_id, "erro": error and f"{side}{error}", "certo": error is None, "outro": other}
            con.execute(text(_CONCLUDED), binds)
            if counts.enviados or counts.recebidos or counts.falhas:
                con.execute(text(_METRIC), {"tenant": self.tenant_id, "sentido": direction, **vars(counts)})


def tenants_of(engine: Engine, direction: str, frequencies: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """``(tenant_id, name)`` with the integration on in ``direction`` (push, pull); ``frequencies`` ``None``: any."""
    binds = {"direcao": direction, "todas": frequencies is None, "frequencias": list(frequencies or [])}
    with engine.connect() as con:
        return [(a, b) for a, b in con.execute(text(_TENANTS), binds)]


def _person(row: Any) -> Person:
    paciente = Paciente(
        id=row["patientId"], nome=row["name"], nome_social=row["socialName"], cpf=row["cpf"], cns=row["cns"],
        nascimento=row["birthDate"], gender=row["gender"], telefone=row["phone"], email=row["email"],
    )  # fmt: skip
    return Person(paciente, row["ehrPatientId"])


def _local(row: Any) -> LocalObservation:
    effective: datetime | None = row["effectiveAt"]
    obs = Observation(
        id=row["id"], tipo=row["type"], efetivo_em=effective, valor=row["value"], sistolica=row["systolic"],
        diastolica=row["diastolic"], unidade=row["unit"], texto=row["valueText"], codigo=row["code"], sistema=row["codeSystem"],
        estado=row["status"],
    )  # fmt: skip
    resource = None if row["recurso"] is None else from_json(row["recurso"])
    return LocalObservation(
        obs, _person(row), row["marca"], row["fhirResourceId"], row["version_id"], resource, row["sincronizada"], row["com_paciente"]
    )

"""One page of pulled observations → platform, in one transaction: created, changed, known, in conflict, or refused."""

from __future__ import annotations

import logging
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError

from include.fusion.errors import InvalidRecord, reason_of
from include.fusion.fhir.config.model import FhirConfig
from include.fusion.fhir.http.log import log_event
from include.fusion.fhir.mapping.observation import ENTERED_IN_ERROR, Observation, entered_in_error, fhir_instant, from_fhir, paciente_of
from include.fusion.fhir.platform.repository import Repository
from include.fusion.store.filas import Fila

NAMESPACE = uuid.UUID("0e4c7a52-7a0f-5d3b-9c3c-1f0f6a1f8d21")
"""Namespace of the ids of pulled observations: a resource of a server always gets the same id."""
_ID = re.compile(r"[\x21-\x2e\x30-\x7b\x7d\x7e]{1,180}")
"""Accepted ids: more than R4 allows, but fit for an address and a key."""
_OF_DATABASE = (DataError, IntegrityError, ValueError, orjson.JSONEncodeError)
"""Errors for a value that PostgreSQL cannot store: a NUL, half a surrogate pair, a too large number."""
_KNOWN = """\
SELECT o."fhirResourceId" AS recurso_id, o.id, o."syncedToEHR" AS sincronizada, r.version_id,
    p."ehrPatientId" IS DISTINCT FROM :ehr_id AS mudou_de_paciente, o.status, r.recurso->>'status' AS status_no_ehr,
    r.recurso->'meta'->>'lastUpdated' AS momento
FROM observations o JOIN patients p ON p.id = o."patientId"
LEFT JOIN fhir_resources r ON r.tenant_id = o."tenantId" AND r.resource_type = 'Observation' AND r.local_id = o.id
WHERE o."tenantId" = :tenant AND o."fhirResourceId" = ANY(:ids) ORDER BY o.id FOR UPDATE OF o"""
# Of observations that the platform has deleted: if the EHR still has them, they are new.
_DROP = """\
DELETE FROM fhir_resources r WHERE tenant_id = :tenant AND resource_type = 'Observation' AND resource_id = ANY(:ids)
    AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.id = r.local_id AND o."tenantId" = r.tenant_id)"""
_INSERT = """\
INSERT INTO observations (id, "tenantId", "patientId", type, value, systolic, diastolic, unit, "valueText", code, "codeSystem", status, source,
    "effectiveAt", "syncedToEHR", "fhirResourceId")
VALUES (:id, :tenant, :paciente, :tipo, :valor, :sistolica, :diastolica, :unidade, :texto, :codigo, :sistema, :estado, 'ehr',
    :efetivo_em, true, :recurso_id)
ON CONFLICT DO NOTHING"""
_UPDATE = """\
UPDATE observations SET type = :tipo, value = :valor, systolic = :sistolica, diastolic = :diastolica, unit = :unidade,
    "valueText" = :texto, code = :codigo, "codeSystem" = :sistema, status = :estado, "effectiveAt" = :efetivo_em, "updatedAt" = now(),
    "patientId" = CASE WHEN :mudou THEN :paciente ELSE "patientId" END
WHERE id = :id AND "tenantId" = :tenant AND "syncedToEHR" """


def key_of(kind: str, id: str) -> str:
    """Key of a dead letter of the pull; ``Patient/id``: the search of this patient was refused."""
    return f"{kind}/{id}"


@dataclass
class Page:
    """Result of one page. ``counts``: by the field names of the result. ``dead_letter``: reasons by key. ``times``: ms until a change was
    stored. ``highest``: highest ``lastUpdated`` in UTC."""

    highest: str | None = None
    counts: Counter[str] = field(default_factory=Counter)
    motivos: Counter[str] = field(default_factory=Counter)
    dead_letter: dict[str, str] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)


class Upsert:
    """Stores for one tenant. It blocks: call it in a thread."""

    def __init__(self, repository: Repository, config: FhirConfig, dead_letter: Fila) -> None:
        self.repository, self.engine, self.tenant_id = repository, repository.engine, repository.tenant_id
        self.meta = config.metadata
        self.base_url = config.base_url
        self.dead_letter = dead_letter

    def store(self, paciente: str, ehr_id: str, resources: list[dict[str, Any]]) -> Page:
        """All in one transaction. If the database refuses one, again with a savepoint for each."""
        try:
            return self._page(paciente, ehr_id, resources, self._one)
        except _OF_DATABASE:
            # Only here: for each page it would take as long as all the rest.
            with self.engine.begin() as con:
                con.execute(text(_DROP), {"tenant": self.tenant_id, "ids": _ids(resources)})
            return self._page(paciente, ehr_id, resources, self._one_guarded)

    def _page(self, paciente: str, ehr_id: str, resources: list[dict[str, Any]], one: Any) -> Page:
        page, done = Page(), []
        with self.engine.begin() as con:
            known = self._known(con, ehr_id, resources)
            ours = self._ours(con, resources)
            for resource in resources:
                moment = _moment(str(_part(resource, "meta").get("lastUpdated") or ""))
                page.highest = max(filter(None, (page.highest, moment)), default=None)
                try:
                    outcome = one(con, paciente, ehr_id, resource, known, ours)
                except InvalidRecord as error:
                    # An observation of another patient, or without an id: the search is wrong, not the record.
                    key = key_of(*(("Patient", ehr_id) if error.field == "subject" else ("Observation", _id(resource) or "")))
                    page.motivos[reason_of(error)] += 1
                    page.dead_letter[key] = reason_of(error)
                    log_event("fhir.recusado", logging.WARNING, tenant=self.tenant_id, tipo="Observation", id=_id(resource))
                    continue
                done.append(key_of("Observation", resource["id"]))
                page.counts[outcome] += 1
                if outcome in ("novas", "alteradas") and moment:
                    page.times.append(max(0, round((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() * 1000)))
            if page.dead_letter:
                self.dead_letter.refuse(con, page.dead_letter, paciente)
            self.dead_letter.conclude(con, done)
        return page

    def _one_guarded(self, con: Connection, *rest: Any) -> str:
        try:
            with con.begin_nested():
                return self._one(con, *rest)
        except _OF_DATABASE:
            # "from None": the database's own message quotes the value.
            raise InvalidRecord("Observation", "valor que o banco da plataforma não aceita") from None

    def _one(self, con: Connection, paciente: str, ehr_id: str, resource: dict[str, Any], known: dict[str, Any], ours: set[str]) -> str:
        """Store one resource; returns the name of its count."""
        resource_id, version = _id(resource), _version(resource)
        if resource_id is None or paciente_of(resource) != ehr_id:
            raise InvalidRecord("subject", "observação de outro paciente ou sem id")
        known_row = known.get(resource_id)
        if known_row is not None and (known_row.version_id == version or _outdated(known_row, resource)):
            return "conhecidas"
        if known_row is None and ours.intersection(_identifiers(resource, self.meta.observation_system)):
            return "conhecidas"  # The push sent it and will get this id itself.
        local = str(uuid.uuid5(NAMESPACE, f"{self.tenant_id}|{self.base_url}|{resource_id}")) if known_row is None else known_row.id
        obs = from_fhir(resource, self.meta.timezone, local)
        if known_row is not None and not known_row.sincronizada:
            if known_row.mudou_de_paciente:
                raise InvalidRecord("patientId", "mudou de paciente no servidor FHIR e foi editada na plataforma")
            if entered_in_error(resource) and ENTERED_IN_ERROR not in (known_row.status, known_row.status_no_ehr):
                raise InvalidRecord("status", "foi anulada no servidor FHIR e editada na plataforma")
            self.repository.write_resource(con, "Observation", local, resource_id, version, resource)
            return "conflitos"
        changed = known_row is not None and known_row.mudou_de_paciente
        binds = {"tenant": self.tenant_id, "paciente": paciente, "recurso_id": resource_id, "mudou": changed, **_columns(obs)}
        con.execute(text(_INSERT if known_row is None else _UPDATE), binds)
        self.repository.write_resource(con, "Observation", local, resource_id, version, resource)
        return "novas" if known_row is None else "alteradas"

    def _known(self, con: Connection, ehr_id: str, resources: list[dict[str, Any]]) -> dict[str, Any]:
        binds = {"tenant": self.tenant_id, "ids": _ids(resources), "ehr_id": ehr_id}
        return {row.recurso_id: row for row in con.execute(text(_KNOWN), binds)}

    def _ours(self, con: Connection, resources: list[dict[str, Any]]) -> set[str]:
        """Platform ids in these resources' identifiers: we sent them, but got no answer."""
        ids = [i for r in resources for i in _identifiers(r, self.meta.observation_system)]
        query = 'SELECT id FROM observations WHERE "tenantId" = :tenant AND id = ANY(:ids)'
        return set(con.execute(text(query), {"tenant": self.tenant_id, "ids": ids}).scalars()) if ids else set()


def _ids(resources: list[dict[str, Any]]) -> list[str]:
    return [i for r in resources if (i := _id(r)) is not None]


def _part(resource: dict[str, Any], name: str) -> dict[str, Any]:
    value = resource.get(name)
    return value if isinstance(value, dict) else {}


def _id(resource: dict[str, Any]) -> str | None:
    value = resource.get("id")
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _moment(content: str) -> str | None:
    """``lastUpdated`` in UTC as sortable text; ``None`` for the future, which would hide later changes."""
    try:
        when = fhir_instant(content, ZoneInfo("UTC"))
    except ValueError:
        return None
    return when.isoformat(timespec="microseconds") if when < datetime.now(UTC) + timedelta(days=1) else None


def _version(resource: dict[str, Any]) -> str | None:
    meta = _part(resource, "meta")
    version = meta.get("versionId") or meta.get("lastUpdated")
    return None if version is None else str(version)


def _outdated(known_row: Any, resource: dict[str, Any]) -> bool:
    """Whether the stored version is newer than this page: a push or a notification was faster."""
    stored, pulled = known_row.version_id or "", _version(resource) or ""
    before, now = _moment(known_row.momento or ""), _moment(str(_part(resource, "meta").get("lastUpdated") or ""))
    if stored.isdecimal() and pulled.isdecimal():
        # A restored server repeats version numbers, but not times.
        return int(pulled) < int(stored) and not (before and now and now > before)
    return bool(before and now) and str(now) < str(before)


def _identifiers(resource: dict[str, Any], system: str) -> list[str]:
    identifiers = resource.get("identifier")
    ours = [i for i in identifiers if isinstance(i, dict) and i.get("system") == system] if isinstance(identifiers, list) else []
    # An unprintable id is not ours.
    return [v for i in ours if isinstance(v := i.get("value"), str) and v.isprintable()]


def _columns(obs: Observation) -> dict[str, Any]:
    names = ("id", "tipo", "valor", "sistolica", "diastolica", "unidade", "texto", "codigo", "sistema", "estado", "efetivo_em")
    columns = {name: getattr(obs, name) for name in names}
    if not all(v is None or isinstance(v, str | Decimal | datetime) for v in columns.values()):
        raise InvalidRecord("Observation", "estrutura fora do FHIR R4")
    return columns

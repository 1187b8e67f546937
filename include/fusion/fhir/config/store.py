"""Tenants' configurations in the platform's database: encrypted secrets, audit of every change, a short cache."""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, text

from include.fusion.errors import InvalidConfiguration
from include.fusion.fhir.config.model import FhirConfig, merge
from include.fusion.fhir.config.secrets import Secrets

TENANT_MAX = 60
"""Characters of a tenant's id, as it is the process of a queue."""
_COLUMNS = (
    "tenant_id, enabled, base_url, auth_type, auth_config, sync_direction, sync_frequency, max_retries, initial_delay, max_delay,"
    " backoff_multiplier, metadata, last_sync_at, last_error, updated_at"
)
_WRITE = """\
INSERT INTO fhir_integration_configs AS c (id, tenant_id, enabled, base_url, auth_type, auth_config, sync_direction, sync_frequency,
    max_retries, initial_delay, max_delay, backoff_multiplier, metadata)
VALUES (:id, :tenant_id, :enabled, :base_url, :auth_type, CAST(:auth_config AS jsonb), :sync_direction, :sync_frequency,
    :max_retries, :initial_delay, :max_delay, :backoff_multiplier, CAST(:metadata AS jsonb))
ON CONFLICT (tenant_id) DO UPDATE SET enabled = excluded.enabled, base_url = excluded.base_url, auth_type = excluded.auth_type,
    auth_config = excluded.auth_config, sync_direction = excluded.sync_direction, sync_frequency = excluded.sync_frequency,
    max_retries = excluded.max_retries, initial_delay = excluded.initial_delay, max_delay = excluded.max_delay,
    backoff_multiplier = excluded.backoff_multiplier, metadata = excluded.metadata, updated_at = NOW()"""
_LINKED = """\
SELECT 1 FROM fhir_integration_configs c WHERE c.tenant_id = :t AND c.base_url <> :base_url AND (
    EXISTS (SELECT 1 FROM patients p WHERE p."tenantId" = :t AND p."ehrPatientId" IS NOT NULL)
    OR EXISTS (SELECT 1 FROM observations o WHERE o."tenantId" = :t AND o."fhirResourceId" IS NOT NULL))"""
OTHER_SERVER = (
    "há pacientes ou observações vinculados ao servidor do endereço gravado, e em outro servidor os mesmos ids são de outras pessoas."
    " Se for o mesmo servidor em outro endereço, confirme (mesmoServidor=true); se for outro, desfaça antes os vínculos (docs/fhir.md)"
)


class UnknownTenant(InvalidConfiguration):
    """No such tenant, or it has no configuration."""


@dataclass(frozen=True)
class TenantConfig:
    """A tenant's decrypted configuration, and the result of its last synchronisation."""

    tenant_id: str
    nome: str
    config: FhirConfig
    last_sync_at: datetime | None = None
    last_error: str | None = None


class ConfigStore:
    """Reads and writes configurations; may be shared between threads. :meth:`obtain` may be ``max_age`` seconds old."""

    def __init__(self, engine: Engine, secrets: Secrets, max_age: float = 30.0) -> None:
        self._engine = engine
        self._secrets = secrets
        self._max_age = max_age
        self._cache: dict[str, tuple[float, TenantConfig]] = {}
        self._lock = threading.Lock()

    def obtain(self, tenant_id: str) -> TenantConfig:
        """:class:`UnknownTenant` when there is none; :class:`InvalidConfiguration` when it cannot be read."""
        now = time.monotonic()
        with self._lock:
            cached = self._cache.get(tenant_id)
        if cached is not None and now < cached[0]:
            return cached[1]
        with self._engine.connect() as con:
            found = self._read(con, tenant_id)
        if found is None:
            raise UnknownTenant("o tenant não tem integração FHIR configurada")
        with self._lock:
            self._cache[tenant_id] = (now + self._max_age, found)
        return found

    def forget(self, tenant_id: str) -> None:
        with self._lock:
            self._cache.pop(tenant_id, None)

    def tenant_exists(self, tenant_id: str) -> bool:
        with self._engine.connect() as con:
            return con.execute(text("SELECT 1 FROM tenants WHERE id = :t"), {"t": tenant_id}).first() is not None

    def write(
        self, tenant_id: str, body: dict[str, Any], user: str, *, partial: bool = False, same_server: bool = False
    ) -> tuple[TenantConfig, bool]:
        """Store ``body`` (the API's JSON; ``partial``: as changes). Returns the configuration and whether it is new.

        Raises ``ValidationError`` (without inputs), :class:`UnknownTenant`, and ``InvalidConfiguration`` for another address while records
        are linked to the server: on another server the same ids are other people. ``same_server``: the server has only a new address.
        """
        if len(tenant_id) > TENANT_MAX:
            raise UnknownTenant(f"o id de um tenant tem no máximo {TENANT_MAX} caracteres")
        with self._engine.begin() as con:
            # A lock for each tenant; its configuration may have no row yet.
            if con.execute(text("SELECT 1 FROM tenants WHERE id = :t FOR UPDATE"), {"t": tenant_id}).first() is None:
                raise UnknownTenant("tenant inexistente")
            before, existed = self._previous(con, tenant_id, partial)
            if partial and before is None:
                raise UnknownTenant("o tenant não tem integração FHIR configurada")
            config = _new(before, body, partial)
            if not same_server and con.execute(text(_LINKED), {"t": tenant_id, "base_url": config.base_url}).first():
                raise InvalidConfiguration(OTHER_SERVER)
            con.execute(text(_WRITE), self._row(tenant_id, config))
            fields = sorted(_differing(before.config if before else None, config))
            con.execute(
                text("INSERT INTO fhir_config_audit (tenant_id, usuario, acao, campos) VALUES (:t, :u, :a, :c)"),
                {"t": tenant_id, "u": user, "a": "alteracao" if existed else "criacao", "c": fields},
            )
            written = self._read(con, tenant_id)
        self.forget(tenant_id)
        assert written is not None
        return written, not existed

    def preview(self, tenant_id: str, body: dict[str, Any]) -> FhirConfig:
        """The configuration that :meth:`write` would store; it stores nothing and raises the same errors."""
        with self._engine.connect() as con:
            return _new(self._previous(con, tenant_id, False)[0], body, False)

    def tenants(self) -> list[dict[str, Any]]:
        """Every tenant of the platform, and whether it has a configuration."""
        query = (
            "SELECT t.id, t.name AS nome, c.tenant_id IS NOT NULL AS configurado, coalesce(c.enabled, false) AS habilitado"
            " FROM tenants t LEFT JOIN fhir_integration_configs c ON c.tenant_id = t.id ORDER BY t.name, t.id"
        )
        with self._engine.connect() as con:
            return [dict(row) for row in con.execute(text(query)).mappings()]

    def rotate_keys(self) -> int:
        """Encrypt all stored secrets with the newest key; returns their number."""
        with self._engine.begin() as con:
            rows = con.execute(text("SELECT tenant_id, auth_config FROM fhir_integration_configs ORDER BY tenant_id FOR UPDATE")).all()
            for tenant_id, stored in rows:
                con.execute(
                    text("UPDATE fhir_integration_configs SET auth_config = CAST(:a AS jsonb) WHERE tenant_id = :t"),
                    {"a": json.dumps(self._secrets.rotate(stored)), "t": tenant_id},
                )
        return len(rows)

    def _previous(self, con: Connection, tenant_id: str, partial: bool) -> tuple[TenantConfig | None, bool]:
        """The stored configuration, and whether there is one. A whole new one may replace an unreadable one (lost key, plain text)."""
        try:
            before = self._read(con, tenant_id)
        except InvalidConfiguration:
            if partial:
                raise
            return None, True
        return before, before is not None

    def _read(self, con: Connection, tenant_id: str) -> TenantConfig | None:
        query = (
            f"SELECT {', '.join('c.' + c.strip() for c in _COLUMNS.split(','))}, t.name AS nome"
            " FROM fhir_integration_configs c JOIN tenants t ON t.id = c.tenant_id WHERE c.tenant_id = :t"
        )
        row = con.execute(text(query), {"t": tenant_id}).mappings().first()
        if row is None:
            return None
        data = {name: row[name] for name in FhirConfig.model_fields if name in row}
        data["auth_config"] = self._secrets.open(row["auth_config"])
        data["backoff_multiplier"] = float(data["backoff_multiplier"])
        data["metadata"] = data["metadata"] or {}
        try:
            config = FhirConfig.model_validate(data)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(map(str, e["loc"])) for e in error.errors(include_input=False)}))
            raise InvalidConfiguration(f"configuração FHIR do tenant inválida em {fields}; grave-a de novo") from None
        return TenantConfig(tenant_id, row["nome"], config, row["last_sync_at"], row["last_error"])

    def _row(self, tenant_id: str, config: FhirConfig) -> dict[str, Any]:
        data = config.model_dump(exclude={"auth_config", "metadata"})
        return data | {
            "id": secrets.token_hex(12),
            "tenant_id": tenant_id,
            "auth_config": json.dumps(self._secrets.close(config.secrets())),
            "metadata": json.dumps(config.metadata.model_dump(by_alias=True)),
        }


def _new(before: TenantConfig | None, body: dict[str, Any], partial: bool) -> FhirConfig:
    base = {} if before is None else before.config.model_dump(by_alias=True) | {"authConfig": before.config.secrets()}
    if not partial and base:
        # Only masked secrets come from the stored one: a client may send back what it read.
        base = {k: base[k] for k in ("authType", "authConfig", "baseUrl")}
    return FhirConfig.model_validate(merge(base, body))


def _differing(before: FhirConfig | None, after: FhirConfig) -> set[str]:
    new = after.model_dump(by_alias=True)
    old = {} if before is None else before.model_dump(by_alias=True)
    return {name for name, value in new.items() if old.get(name) != value}

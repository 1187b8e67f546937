"""A notification of the EHR (FHIR Subscription, rest-hook): its sender, whether it is new, and its patients.

Signed: ``X-Fusion-Timestamp`` (seconds since the epoch) and ``X-Fusion-Signature: sha256=<hex>``, the HMAC-SHA256 of ``<timestamp>.<body>``
with the tenant's ``webhookSecret``; valid for five minutes and one call. For servers with fixed headers (R4's
``Subscription.channel.header``), ``metadata.webhookSigned: false`` allows ``Authorization: Bearer <webhookSecret>``: somebody may replay
it, but a repeated pull changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, text

from include.fusion.errors import FusionHubError
from include.fusion.fhir.config.model import FhirConfig

TOLERANCE = 300
"""Largest difference in seconds between a signature's time and ours."""
BODY_MAX = 1_048_576
PACIENTES_MAX = 20
"""A notification with more patients starts a run."""
_PACIENTE = re.compile(r"(?:^|/)Patient/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?$")


class NotificationRefused(FusionHubError):
    """Wrong signature or time."""


def sign(secret: str, moment: str, body: bytes) -> str:
    """The signature header's value."""
    return "sha256=" + hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def check(config: FhirConfig, headers: Mapping[str, str], body: bytes, now: float | None = None) -> str | None:
    """The signature, or ``None`` for a call with the secret itself. :raises NotificationRefused:"""
    secret, signed = config.auth_config.webhook_secret, config.metadata.webhook_signed
    moment, signature = headers.get("x-fusion-timestamp", ""), headers.get("x-fusion-signature", "")
    if secret is not None and not signed:
        if hmac.compare_digest(headers.get("authorization", "").encode(), f"Bearer {secret}".encode()):
            return None
    elif secret is not None and re.fullmatch(r"\d{1,12}", moment):
        in_time = abs((time.time() if now is None else now) - int(moment)) <= TOLERANCE
        if in_time and hmac.compare_digest(signature.encode(), sign(secret, moment, body).encode()):
            return signature
    raise NotificationRefused("aviso recusado")


def first_time(engine: Engine, tenant: str, signature: str) -> bool:
    """Whether this signature is new; it is stored now. Expired ones are deleted."""
    binds = {"t": tenant, "a": signature, "velhas": 3 * TOLERANCE}
    with engine.begin() as con:
        con.execute(text("DELETE FROM fhir_webhook_recebidos WHERE em < statement_timestamp() - :velhas * INTERVAL '1 second'"), binds)
        new = "INSERT INTO fhir_webhook_recebidos (tenant_id, assinatura) VALUES (:t, :a) ON CONFLICT DO NOTHING"
        return con.execute(text(new), binds).rowcount == 1


def undo(engine: Engine, tenant: str, signature: str) -> None:
    """After a failure: the EHR may send the same notification again."""
    with engine.begin() as con:
        con.execute(text("DELETE FROM fhir_webhook_recebidos WHERE tenant_id = :t AND assinatura = :a"), {"t": tenant, "a": signature})


def pacientes_of(body: bytes) -> set[str] | None:
    """EHR ids of a notification's patients; ``None``: it names none (empty, or ids only), so all patients of the tenant.

    Handshakes and heartbeats of topic-based subscriptions: an empty set. :raises ValueError: no resource.
    """
    if not body.strip():
        return None
    resource = json.loads(body)
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise ValueError("no FHIR resource")
    if resource["resourceType"] != "Bundle":
        return _of_resources([resource])
    resources = [e.get("resource") for e in resource.get("entry") or [] if isinstance(e, dict)]
    states = [r for r in resources if isinstance(r, dict) and r.get("resourceType") in ("Parameters", "SubscriptionStatus")]
    if any(_notification_kind(e) in ("handshake", "heartbeat") for e in states):
        return set()
    others = [r for r in resources if isinstance(r, dict) and r not in states]
    return _of_resources(others) if others and len(others) == len(resources) - len(states) else None


def _notification_kind(state: dict[str, Any]) -> str:
    if state["resourceType"] == "SubscriptionStatus":
        return str(state.get("type"))
    return next((str(p.get("valueCode")) for p in state.get("parameter") or [] if p.get("name") == "type"), "")


def _of_resources(resources: list[dict[str, Any]]) -> set[str] | None:
    found: set[str] = set()
    for resource in resources:
        reference = (resource.get("subject") or {}).get("reference")
        if resource.get("resourceType") == "Patient":
            reference = f"Patient/{resource.get('id')}"
        match = _PACIENTE.search(str(reference))
        if match is None:
            return None
        found.add(match.group(1))
    return found


def local_ones(engine: Engine, tenant: str, ehr_ids: set[str]) -> list[tuple[str, str]]:
    """``(id, ehrPatientId)`` of the patients that the platform knows."""
    query = 'SELECT id, "ehrPatientId" FROM patients WHERE "tenantId" = :t AND "ehrPatientId" = ANY(:ids) ORDER BY id'
    with engine.connect() as con:
        return [(a, b) for a, b in con.execute(text(query), {"t": tenant, "ids": sorted(ehr_ids)})]

"""A notification of the EHR (FHIR Subscription, rest-hook): who sent it, whether it was sent before, and whom it is about.

Signed: ``X-Fusion-Timestamp`` (seconds since the epoch) and ``X-Fusion-Signature: sha256=<hex>``, the HMAC-SHA256 of ``<timestamp>.<body>``
under the tenant's ``webhookSecret``; good for five minutes and for one call. A server that sends fixed headers only (R4's
``Subscription.channel.header``) may be allowed ``Authorization: Bearer <webhookSecret>`` by ``metadata.webhookSigned: false``: whoever
replays that makes us look again, and looking again changes nothing.
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
from include.fusion.fhir.config.model import Configuracao

TOLERANCIA = 300
"""Seconds that a signature's time may lie off ours, in either direction."""
CORPO_MAX = 1_048_576
PACIENTES_MAX = 20
"""More than these in one notification are left to a run."""
_PACIENTE = re.compile(r"(?:^|/)Patient/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?$")


class AvisoRecusado(FusionHubError):
    """Not signed by this tenant's EHR, or not in time."""


def assinar(segredo: str, momento: str, corpo: bytes) -> str:
    """The signature header's value."""
    return "sha256=" + hmac.new(segredo.encode(), momento.encode() + b"." + corpo, hashlib.sha256).hexdigest()


def conferir(config: Configuracao, cabecalhos: Mapping[str, str], corpo: bytes, agora: float | None = None) -> str | None:
    """The signature, or ``None`` of a call that is allowed to carry the secret itself; :class:`AvisoRecusado` otherwise."""
    segredo = config.auth_config.webhook_secret
    if segredo is None:
        raise AvisoRecusado("aviso recusado")
    if not config.metadata.webhook_signed:
        if hmac.compare_digest(cabecalhos.get("authorization", "").encode(), f"Bearer {segredo}".encode()):
            return None
        raise AvisoRecusado("aviso recusado")
    momento, assinatura = cabecalhos.get("x-fusion-timestamp", ""), cabecalhos.get("x-fusion-signature", "")
    if not re.fullmatch(r"\d{1,12}", momento) or abs((time.time() if agora is None else agora) - int(momento)) > TOLERANCIA:
        raise AvisoRecusado("aviso recusado")
    if not hmac.compare_digest(assinatura.encode(), assinar(segredo, momento, corpo).encode()):
        raise AvisoRecusado("aviso recusado")
    return assinatura


def primeira_vez(engine: Engine, tenant: str, assinatura: str) -> bool:
    """Whether nobody has come with this signature; it is taken now. Those too old to be accepted again are forgotten."""
    binds = {"t": tenant, "a": assinatura, "velhas": 3 * TOLERANCIA}
    with engine.begin() as con:
        con.execute(text("DELETE FROM fhir_webhook_recebidos WHERE em < statement_timestamp() - :velhas * INTERVAL '1 second'"), binds)
        novo = "INSERT INTO fhir_webhook_recebidos (tenant_id, assinatura) VALUES (:t, :a) ON CONFLICT DO NOTHING"
        return con.execute(text(novo), binds).rowcount == 1


def desfazer(engine: Engine, tenant: str, assinatura: str) -> None:
    """Nothing came of it: the EHR may send the same notification once more."""
    with engine.begin() as con:
        con.execute(text("DELETE FROM fhir_webhook_recebidos WHERE tenant_id = :t AND assinatura = :a"), {"t": tenant, "a": assinatura})


def pacientes_de(corpo: bytes) -> set[str] | None:
    """EHR ids of the patients whom a notification names; ``None``: it names nobody (an empty one, ids only), so all of the tenant's.

    Handshakes and heartbeats of topic-based subscriptions are about nobody: an empty set. ``ValueError`` when it is no resource.
    """
    if not corpo.strip():
        return None
    recurso = json.loads(corpo)
    if not isinstance(recurso, dict) or not isinstance(recurso.get("resourceType"), str):
        raise ValueError("no FHIR resource")
    if recurso["resourceType"] != "Bundle":
        return _de_recursos([recurso])
    recursos = [e.get("resource") for e in recurso.get("entry") or [] if isinstance(e, dict)]
    estados = [r for r in recursos if isinstance(r, dict) and r.get("resourceType") in ("Parameters", "SubscriptionStatus")]
    if any(_tipo_do_aviso(e) in ("handshake", "heartbeat") for e in estados):
        return set()
    outros = [r for r in recursos if isinstance(r, dict) and r not in estados]
    return _de_recursos(outros) if outros and len(outros) == len(recursos) - len(estados) else None


def _tipo_do_aviso(estado: dict[str, Any]) -> str:
    if estado["resourceType"] == "SubscriptionStatus":
        return str(estado.get("type"))
    return next((str(p.get("valueCode")) for p in estado.get("parameter") or [] if p.get("name") == "type"), "")


def _de_recursos(recursos: list[dict[str, Any]]) -> set[str] | None:
    achados: set[str] = set()
    for recurso in recursos:
        referencia = (recurso.get("subject") or {}).get("reference")
        if recurso.get("resourceType") == "Patient":
            referencia = f"Patient/{recurso.get('id')}"
        achado = _PACIENTE.search(str(referencia))
        if achado is None:
            return None
        achados.add(achado.group(1))
    return achados


def locais(engine: Engine, tenant: str, ehr_ids: set[str]) -> list[tuple[str, str]]:
    """``(id, ehrPatientId)`` of those whom the platform knows."""
    consulta = 'SELECT id, "ehrPatientId" FROM patients WHERE "tenantId" = :t AND "ehrPatientId" = ANY(:ids) ORDER BY id'
    with engine.connect() as con:
        return [(a, b) for a, b in con.execute(text(consulta), {"t": tenant, "ids": sorted(ehr_ids)})]

"""For data ops: dead letters of both directions and metrics, of one tenant or of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, text

from include.fusion.fhir.platform.tables import fila_for, inbox_for

_DEAD = """\
SELECT f.id, f.processo AS "tenantId", CASE WHEN f.integracao_id < 0 THEN 'pull' ELSE 'push' END AS sentido, f.chave,
    CASE WHEN f.integracao_id < 0 THEN split_part(f.chave, '/', 1) ELSE 'Observation' END AS "resourceType",
    CASE WHEN f.integracao_id < 0 THEN split_part(f.chave, '/', 2) END AS "resourceId",
    CASE WHEN f.integracao_id >= 0 THEN f.chave END AS "observationId", f.motivo, f.criado_em AS "criadaEm"
FROM SincronizacaoFhir f WHERE f.situacao = 'erro' AND (CAST(:tenant AS text) IS NULL OR f.processo = :tenant) AND f.id > :depois
ORDER BY f.id LIMIT :limite"""
_HOURS = """\
SELECT tenant_id AS "tenantId", sentido, hora, enviados, recebidos, falhas, duracao_ms AS "duracaoMs",
    CASE WHEN medidos > 0 THEN latencia_ms / medidos END AS "latenciaMediaMs"
FROM fhir_sync_metrics WHERE (CAST(:tenant AS text) IS NULL OR tenant_id = :tenant)
    AND hora >= date_trunc('hour', statement_timestamp()) - (:horas - 1) * INTERVAL '1 hour'
ORDER BY tenant_id, hora, sentido"""
# Per tenant, by partial indexes of open rows.
_NOW = """\
SELECT c.tenant_id AS "tenantId", t.name AS nome, c.enabled AS habilitada, c.last_sync_at AS "lastSyncAt", c.last_error AS "lastError",
    (SELECT count(*) FROM observations o WHERE o."tenantId" = c.tenant_id AND NOT o."syncedToEHR") AS "naoSincronizadas",
    (SELECT count(*) FROM SincronizacaoFhir f WHERE f.processo = c.tenant_id AND f.situacao = 'erro') AS "emErro"
FROM fhir_integration_configs c JOIN tenants t ON t.id = c.tenant_id
WHERE CAST(:tenant AS text) IS NULL OR c.tenant_id = :tenant ORDER BY t.name, c.tenant_id"""


def dead_letters(engine: Engine, tenant: str | None, depois: int = 0, limite: int = 100) -> list[dict[str, Any]]:
    """Refused rows with reasons, ordered by id; ``depois``: last id of the previous page.

    ``sentido`` push: an observation of the platform (``observationId``); pull: a resource of the server (``resourceType``,
    ``resourceId``). ``chave``: the key for :func:`resend`.
    """
    return _rows(engine, _DEAD, {"tenant": tenant, "depois": depois, "limite": limite})


def resend(engine: Engine, tenant: str, keys: Sequence[str] | None = None) -> tuple[int, int]:
    """Make dead letters pending again (all, or those with ``keys``); returns how many to send and how many to pull."""
    return fila_for(engine, tenant).reenviar_erros(keys=keys), inbox_for(engine, tenant).reenviar_erros(keys=keys)


def metrics(engine: Engine, tenant: str | None, horas: int = 24) -> dict[str, list[dict[str, Any]]]:
    """``tenants``: present state of each; ``horas``: sent, received, refused, and duration of each hour."""
    return {"tenants": _rows(engine, _NOW, {"tenant": tenant}), "horas": _rows(engine, _HOURS, {"tenant": tenant, "horas": horas})}


def _rows(engine: Engine, sql: str, binds: dict[str, Any]) -> list[dict[str, Any]]:
    with engine.connect() as con:
        return [dict(row) for row in con.execute(text(sql), binds).mappings()]

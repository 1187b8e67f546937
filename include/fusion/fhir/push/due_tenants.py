"""Tenants with something to send, and tenants in a pause because their server is down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine, select, text

from include.fusion.fhir.http.errors import UNAVAILABLE_PREFIX
from include.fusion.fhir.platform.tables import fila_for, inbox_for
from include.fusion.store import presence
from include.fusion.store.watermarks import IN_PAUSE, Pauses

REALTIME = ("realtime",)
PRESENCE = (0, "fhir_push")
"""Queue number and process of a real-time run's presence."""
PAUSES = Pauses(15.0, 600.0)
RETENTION = timedelta(days=30)
"""How long closed queue rows are kept."""
# It reads only partial indexes: unsynced observations, open queue rows. By process, since the database cannot compute the number.
_WITH_WORK = f"""\
SELECT c.tenant_id, t.name FROM fhir_integration_configs c JOIN tenants t ON t.id = c.tenant_id
WHERE c.enabled AND c.sync_direction IN ('bidirectional', 'push') AND c.sync_frequency = ANY(:frequencias)
    AND (NOT :respeitar OR NOT EXISTS ({IN_PAUSE.format(receiver="c.tenant_id")}))
    AND (EXISTS (
        SELECT 1 FROM observations o WHERE o."tenantId" = c.tenant_id AND NOT o."syncedToEHR" AND NOT EXISTS (
            SELECT 1 FROM SincronizacaoFhir f WHERE f.processo = c.tenant_id AND f.chave = o.id AND f.integracao_id >= 0 AND f.situacao IN ('pendente', 'reservado', 'erro')
                AND (f.situacao <> 'erro' OR f.versao_conteudo = to_char(o."updatedAt", 'YYYYMMDDHH24MISSUS'))))
    OR EXISTS (
        SELECT 1 FROM SincronizacaoFhir f WHERE f.processo = c.tenant_id AND f.integracao_id >= 0
            AND ((f.situacao = 'pendente' AND (f.proxima_tentativa_em IS NULL OR f.proxima_tentativa_em <= statement_timestamp()))
                OR (f.situacao = 'reservado' AND f.reservado_ate < statement_timestamp())
                OR (:passageiras AND f.situacao = 'erro' AND starts_with(f.motivo, :motivo)))))
ORDER BY c.tenant_id"""


def due_tenants(
    engine: Engine, frequencies: Sequence[str], *, respect_pause: bool = False, transient: bool = False
) -> list[tuple[str, str]]:
    """``(tenant_id, name)`` with due work. ``transient``: also with dead letters of an outage."""
    binds = {"frequencias": list(frequencies), "respeitar": respect_pause, "passageiras": transient, "motivo": UNAVAILABLE_PREFIX}
    with engine.connect() as con:
        return [(a, b) for a, b in con.execute(text(_WITH_WORK), binds)]


def resend_transient_failures(engine: Engine, tenant_id: str) -> int:
    """Make the dead letters of an outage pending again; returns their number."""
    return fila_for(engine, tenant_id).reenviar_erros(reason_prefix=UNAVAILABLE_PREFIX)


def pause(engine: Engine, tenant_id: str) -> None:
    """Pause a tenant in real time: 15 s after the first failure, then twice as long each time."""
    with engine.begin() as con:
        PAUSES.pausar(con, tenant_id)


def resume(engine: Engine, tenant_id: str) -> None:
    """Its server answers again."""
    with engine.begin() as con:
        PAUSES.resume(con, tenant_id)


def on_duty(engine: Engine) -> bool:
    """Whether a real-time run is on duty, so that no DAG must wake up."""
    with engine.connect() as con:
        return bool(con.execute(select(1).where(presence.present(*PRESENCE))).first())


def sign(engine: Engine, present: bool) -> None:
    presence.sign(engine, *PRESENCE, present)


def clean(engine: Engine, older_than: timedelta = RETENTION) -> int:
    """Delete old closed rows of every configured tenant; refused ones stay until somebody decides."""
    with engine.connect() as con:
        tenants = con.execute(text("SELECT tenant_id FROM fhir_integration_configs ORDER BY tenant_id")).scalars().all()
    return sum(fila(engine, tenant).clean(older_than) for tenant in tenants for fila in (fila_for, inbox_for))

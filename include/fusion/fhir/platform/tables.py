"""Tables of the platform's PostgreSQL for the queues; ``include/migrations/plataforma`` creates them."""

from __future__ import annotations

import zlib

from sqlalchemy import Engine, MetaData

from include.fusion.store.filas import Fila
from include.fusion.store.tables import fila_table, marca_dagua, trava_fila

metadata = MetaData()
FILA = fila_table("SincronizacaoFhir", metadata=metadata)
"""Both directions, one process per tenant; ``erro`` is the dead letter. The number's sign is the direction: negative for what a pull could
not store. So data ops have one list, and each run sees only its own rows."""
trava_fila.to_metadata(metadata)
marca_dagua.to_metadata(metadata)


def tenant_number(tenant_id: str) -> int:
    """Number of a tenant's queue. Two tenants with the same number share a lock, never a row."""
    return zlib.crc32(tenant_id.encode()) & 0x7FFFFFFF


def fila_for(engine: Engine, tenant_id: str) -> Fila:
    """Queue of one tenant's observations; keys are the platform's observation ids."""
    return Fila(engine, tenant_number(tenant_id), tenant_id, FILA)


def inbox_for(engine: Engine, tenant_id: str) -> Fila:
    """Resources of one tenant's EHR that a pull could not store; keys are ``Type/id`` of the server."""
    return Fila(engine, -1 - tenant_number(tenant_id), tenant_id, FILA)

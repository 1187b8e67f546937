"""Tables of the platform's PostgreSQL that the queue engine needs as objects; ``include/migrations/plataforma`` creates them."""

from __future__ import annotations

import zlib

from sqlalchemy import Engine, MetaData

from include.fusion.store.filas import Fila
from include.fusion.store.tables import fila_table, marca_dagua, trava_fila

metadata = MetaData()
FILA = fila_table("SincronizacaoFhir", metadata=metadata)
"""Observations on their way to the EHR, one process per tenant; ``erro`` is the dead letter. Under a negative number lies what a pull could
not take: the direction is the number's sign, so that both are one list for whoever looks at them, and neither run sees the other's."""
trava_fila.to_metadata(metadata)
marca_dagua.to_metadata(metadata)


def tenant_number(tenant_id: str) -> int:
    """The tenant as the queue's integer. Two tenants may share one: then they share a lock, never a row."""
    return zlib.crc32(tenant_id.encode()) & 0x7FFFFFFF


def inbox_number(tenant_id: str) -> int:
    """The tenant's number for what comes from its EHR."""
    return -1 - tenant_number(tenant_id)


def fila_for(engine: Engine, tenant_id: str) -> Fila:
    """Queue of one tenant's observations; keys are the platform's observation ids."""
    return Fila(engine, tenant_number(tenant_id), tenant_id, FILA)


def inbox_for(engine: Engine, tenant_id: str) -> Fila:
    """Resources of one tenant's EHR that a pull could not take; keys are ``Type/id`` of the server."""
    return Fila(engine, inbox_number(tenant_id), tenant_id, FILA)

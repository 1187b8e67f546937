"""Tables of the platform's PostgreSQL that the queue engine needs as objects; ``include/migrations/plataforma`` creates them."""

from __future__ import annotations

import zlib

from sqlalchemy import Engine, MetaData

from include.fusion.filas import Fila
from include.fusion.tabelas import marca_dagua, tabela_fila, trava_fila

metadados = MetaData()
FILA = tabela_fila("SincronizacaoFhir", metadados=metadados)
"""Observations on their way to the EHR, one process per tenant; ``erro`` is the dead letter."""
trava_fila.to_metadata(metadados)
marca_dagua.to_metadata(metadados)

TENANT_MAX = 60
"""Characters of a tenant's id: it is the queue's process."""


def numero(tenant_id: str) -> int:
    """The tenant as the queue's integer. Two tenants may share one: then they share a lock, never a row."""
    return zlib.crc32(tenant_id.encode()) & 0x7FFFFFFF


def fila_de(engine: Engine, tenant_id: str) -> Fila:
    """Queue of one tenant's observations; keys are the platform's observation ids."""
    return Fila(engine, numero(tenant_id), tenant_id, FILA)

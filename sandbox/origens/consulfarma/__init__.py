"""Sandbox Consulfarma: our contract's schema on PostgreSQL, a seeded history and a hospital that works.

``create(dsn)`` makes the schema, ``generate`` fills it, ``change`` and ``change_invalid`` change one thing (the caller commits),
``keys`` lists every attendance. Timestamps are local time of ``ZONE``, as the contract says.
"""

from __future__ import annotations

from sandbox.origens.consulfarma.esquema import ZONE, create
from sandbox.origens.consulfarma.gerador import generate
from sandbox.origens.consulfarma.invalidos import INVALID, ITEM_FAULTS, STRANGE, change_invalid
from sandbox.origens.consulfarma.simulador import cancel, change, edit, keys, remove

__all__ = [
    "INVALID",
    "ITEM_FAULTS",
    "STRANGE",
    "ZONE",
    "cancel",
    "change",
    "change_invalid",
    "create",
    "edit",
    "generate",
    "keys",
    "remove",
]

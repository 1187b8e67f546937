"""Sandbox Sotech: schemas ``sotech``, ``pep`` and ``ish``, a seeded history and a hospital that works.

``create(dsn)`` makes the schemas, ``generate`` fills them, ``change`` and ``change_invalid`` change one thing (the caller commits), ``keys``
lists every attendance. Timestamps are local time of ``ZONE``.
"""

from __future__ import annotations

from sandbox.origens.sotech.esquema import ZONE, create
from sandbox.origens.sotech.gerador import generate
from sandbox.origens.sotech.invalidos import INVALID, ITEM_FAULTS, STRANGE, change_invalid
from sandbox.origens.sotech.simulador import KINDS, cancel, change, edit, keys, remove

__all__ = [
    "INVALID",
    "ITEM_FAULTS",
    "KINDS",
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

"""Sandbox Tasy: schema ``tasy``, a seeded history and a hospital that works.

``create(dsn)`` makes the schema, ``generate`` fills it, ``change`` and ``change_invalid`` change one thing (the caller commits), ``keys`` lists
every attendance. Nothing of the hub is installed here: changes are seen by DT_ATUALIZACAO. Timestamps are local time of ``ZONE``.
"""

from __future__ import annotations

from sandbox.origens.tasy.esquema import ZONE, create
from sandbox.origens.tasy.gerador import generate
from sandbox.origens.tasy.invalidos import INVALID, ITEM_FAULTS, STRANGE, change_invalid
from sandbox.origens.tasy.simulador import change, keys

__all__ = ["INVALID", "ITEM_FAULTS", "STRANGE", "ZONE", "change", "change_invalid", "create", "generate", "keys"]

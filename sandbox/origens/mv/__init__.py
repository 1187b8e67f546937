"""Sandbox MV: schema ``dbamv`` with the journals and triggers of ``fusion_integracao``, a seeded history and a hospital that works.

``create(dsn)`` makes both schemas, ``generate`` fills ``dbamv`` and leaves the journals empty, ``change``, ``change_agenda`` and ``change_invalid``
change one thing (the caller commits), ``keys`` lists every attendance. Timestamps are local time of ``ZONE``, as MV keeps them.
"""

from __future__ import annotations

from sandbox.origens.mv.agenda import change_agenda
from sandbox.origens.mv.esquema import ZONE, create
from sandbox.origens.mv.gerador import generate
from sandbox.origens.mv.invalidos import INVALID, ITEM_FAULTS, STRANGE, change_invalid
from sandbox.origens.mv.simulador import change, keys

__all__ = ["INVALID", "ITEM_FAULTS", "STRANGE", "ZONE", "change", "change_agenda", "change_invalid", "create", "generate", "keys"]

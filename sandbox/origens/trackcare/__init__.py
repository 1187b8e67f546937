"""Sandbox TrakCare ("TrackCare"): schema ``sqluser`` with a seeded history, a hospital that works, and ``PacienteSES`` kept by triggers.

``create(dsn, horolog=False)`` makes the schema (``horolog``: integers instead of dates and times), ``generate`` fills it and leaves
``PacienteSES`` empty, ``change`` and ``change_invalid`` change one thing (the caller commits), ``keys`` lists every person by PAPER_RowId.
"""

from __future__ import annotations

from sandbox.origens.trackcare.esquema import ZONE, create
from sandbox.origens.trackcare.gerador import generate
from sandbox.origens.trackcare.invalidos import INVALID, ITEM_FAULTS, STRANGE, change_invalid
from sandbox.origens.trackcare.simulador import change, keys

__all__ = ["INVALID", "ITEM_FAULTS", "STRANGE", "ZONE", "change", "change_invalid", "create", "generate", "keys"]

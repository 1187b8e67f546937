"""Sandbox TrakCare ("TrackCare"): schema ``sqluser`` with a seeded history, a hospital that works, and ``PacienteSES`` kept by triggers.

``criar(dsn, horolog=False)`` makes the schema (``horolog``: integers instead of dates and times), ``gerar`` fills it and leaves
``PacienteSES`` empty, ``mudar`` and ``mudar_invalido`` change one thing (the caller commits), ``chaves`` lists every person by PAPER_RowId.
"""

from __future__ import annotations

from sandbox.origens.trackcare.esquema import FUSO, criar
from sandbox.origens.trackcare.gerador import gerar
from sandbox.origens.trackcare.invalidos import ESTRANHOS, INVALIDOS, mudar_invalido
from sandbox.origens.trackcare.simulador import chaves, mudar

__all__ = ["ESTRANHOS", "FUSO", "INVALIDOS", "chaves", "criar", "gerar", "mudar", "mudar_invalido"]

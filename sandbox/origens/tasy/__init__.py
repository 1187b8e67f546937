"""Sandbox Tasy: schema ``tasy``, a seeded history and a hospital that works.

``criar(dsn)`` makes the schema, ``gerar`` fills it, ``mudar`` and ``mudar_invalido`` change one thing (the caller commits), ``chaves`` lists
every attendance. Nothing of the hub is installed here: changes are seen by DT_ATUALIZACAO. Timestamps are local time of ``FUSO``.
"""

from __future__ import annotations

from sandbox.origens.tasy.esquema import FUSO, criar
from sandbox.origens.tasy.gerador import gerar
from sandbox.origens.tasy.invalidos import ESTRANHOS, INVALIDOS, mudar_invalido
from sandbox.origens.tasy.simulador import chaves, mudar

__all__ = ["ESTRANHOS", "FUSO", "INVALIDOS", "chaves", "criar", "gerar", "mudar", "mudar_invalido"]

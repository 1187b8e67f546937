"""Sandbox Consulfarma: our contract's schema on PostgreSQL, a seeded history and a hospital that works.

``criar(dsn)`` makes the schema, ``gerar`` fills it, ``mudar`` and ``mudar_invalido`` change one thing (the caller commits),
``chaves`` lists every attendance. Timestamps are local time of ``FUSO``, as the contract says.
"""

from __future__ import annotations

from sandbox.origens.consulfarma.esquema import FUSO, criar
from sandbox.origens.consulfarma.gerador import gerar
from sandbox.origens.consulfarma.invalidos import ESTRANHOS, INVALIDOS, mudar_invalido
from sandbox.origens.consulfarma.simulador import cancelar, chaves, editar, mudar, remover

__all__ = ["ESTRANHOS", "FUSO", "INVALIDOS", "cancelar", "chaves", "criar", "editar", "gerar", "mudar", "mudar_invalido", "remover"]

"""Sandbox Sotech: schemas ``sotech``, ``pep`` and ``ish``, a seeded history and a hospital that works.

``criar(dsn)`` makes the schemas, ``gerar`` fills them, ``mudar`` and ``mudar_invalido`` change one thing (the caller commits), ``chaves``
lists every attendance. Timestamps are local time of ``FUSO``.
"""

from __future__ import annotations

from sandbox.origens.sotech.esquema import FUSO, criar
from sandbox.origens.sotech.gerador import gerar
from sandbox.origens.sotech.invalidos import ESTRANHOS, INVALIDOS, mudar_invalido
from sandbox.origens.sotech.simulador import TIPOS, cancelar, chaves, editar, mudar, remover

__all__ = [
    "ESTRANHOS",
    "FUSO",
    "INVALIDOS",
    "TIPOS",
    "cancelar",
    "chaves",
    "criar",
    "editar",
    "gerar",
    "mudar",
    "mudar_invalido",
    "remover",
]

"""Sandbox MV: schema ``dbamv`` with the journals and triggers of ``fusion_integracao``, a seeded history and a hospital that works.

``criar(dsn)`` makes both schemas, ``gerar`` fills ``dbamv`` and leaves the journals empty, ``mudar``, ``mudar_agenda`` and ``mudar_invalido``
change one thing (the caller commits), ``chaves`` lists every attendance. Timestamps are local time of ``FUSO``, as MV keeps them.
"""

from __future__ import annotations

from sandbox.origens.mv.agenda import mudar_agenda
from sandbox.origens.mv.esquema import FUSO, criar
from sandbox.origens.mv.gerador import gerar
from sandbox.origens.mv.invalidos import ESTRANHOS, INVALIDOS, mudar_invalido
from sandbox.origens.mv.simulador import chaves, mudar

__all__ = ["ESTRANHOS", "FUSO", "INVALIDOS", "chaves", "criar", "gerar", "mudar", "mudar_agenda", "mudar_invalido"]

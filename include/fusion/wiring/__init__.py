"""Puts one run together from its settings."""

from __future__ import annotations

from include.fusion.wiring.delivery import PartesEntrega, destino_de
from include.fusion.wiring.runtime import CARGA_INICIAL, sistema_de
from include.fusion.wiring.search import PartesBusca

__all__ = ["CARGA_INICIAL", "Montagem", "destino_de", "sistema_de"]


class Montagem(PartesBusca, PartesEntrega):
    """All parts of one run."""

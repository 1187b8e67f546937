"""All parts of one run."""

from __future__ import annotations

from include.fusion.wiring.history import PartesHistorico


class Montagem(PartesHistorico):
    """Puts one run together from its settings."""

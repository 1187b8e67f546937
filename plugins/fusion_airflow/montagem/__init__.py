"""Puts one run together from its settings."""

from __future__ import annotations

from fusion_airflow.montagem.busca import PartesBusca
from fusion_airflow.montagem.entrega import PartesEntrega, destino_de
from fusion_airflow.montagem.partes import CARGA_INICIAL, sistema_de

__all__ = ["CARGA_INICIAL", "Montagem", "destino_de", "sistema_de"]


class Montagem(PartesBusca, PartesEntrega):
    """All parts of one run."""

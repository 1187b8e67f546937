"""Structured logs: one line per event with its fields, as text or as JSON (``FUSION_FHIR_LOG=json``). Never a value or a name."""

from __future__ import annotations

import json
import logging
import os

CAMPOS = ("tenant", "tipo", "id", "status", "tentativa", "duracao_ms", "sentido", "quantidade", "motivo", "espera_s")
"""The only fields that a line may have, beside the event's name."""
logger = logging.getLogger("fusion.fhir")


def anotar(evento: str, nivel: int = logging.INFO, **campos: str | float | None) -> None:
    """Write one line; ``ValueError`` for a field that is not among :data:`CAMPOS`: what may be logged is decided here alone."""
    if estranhos := set(campos) - set(CAMPOS):
        raise ValueError(f"not a log field: {', '.join(sorted(estranhos))}")
    if not logger.isEnabledFor(nivel):
        return
    dados = {nome: campos[nome] for nome in CAMPOS if campos.get(nome) is not None}
    if os.environ.get("FUSION_FHIR_LOG") == "json":
        logger.log(nivel, "%s", json.dumps({"evento": evento, **dados}, ensure_ascii=False))
    else:
        logger.log(nivel, "%s %s", evento, " ".join(f"{nome}={valor}" for nome, valor in dados.items()))

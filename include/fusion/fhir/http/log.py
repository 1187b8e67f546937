"""Structured logs: one line per event with its fields, as text or as JSON (``FUSION_FHIR_LOG=json``). Never a value or a name."""

from __future__ import annotations

import json
import logging
import os

FIELDS = ("tenant", "tipo", "id", "status", "tentativa", "duracao_ms", "sentido", "quantidade", "motivo", "espera_s")
"""The only fields of a line, beside the name of the event."""
logger = logging.getLogger("fusion.fhir")


def log_event(event: str, level: int = logging.INFO, **fields: str | float | None) -> None:
    """Write one line. :raises ValueError: a field outside :data:`FIELDS`, which alone may be logged."""
    if strange := set(fields) - set(FIELDS):
        raise ValueError(f"not a log field: {', '.join(sorted(strange))}")
    if not logger.isEnabledFor(level):
        return
    data = {name: fields[name] for name in FIELDS if fields.get(name) is not None}
    if os.environ.get("FUSION_FHIR_LOG") == "json":
        logger.log(level, "%s", json.dumps({"evento": event, **data}, ensure_ascii=False))
    else:
        logger.log(level, "%s %s", event, " ".join(f"{name}={value}" for name, value in data.items()))

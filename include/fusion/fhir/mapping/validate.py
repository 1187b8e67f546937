"""Validation with the R4 models of ``fhir.resources`` (imported late: they take seconds to load), and JSON with exact decimals."""

from __future__ import annotations

import importlib
import json
from decimal import Decimal
from typing import Any

import orjson
from pydantic import ValidationError

from include.fusion.errors import InvalidRecord


def check(resource: dict[str, Any]) -> dict[str, Any]:
    """``resource`` itself if it is valid R4. :raises InvalidRecord: element paths only, never a value.

    We send the dictionary, not the model's dump: the dump changes decimals (72.50 to 72.5).
    """
    kind = str(resource.get("resourceType"))
    try:
        # The package's top-level models are R5: use R4B.
        model = getattr(importlib.import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
        model.model_validate(resource)
    except (ImportError, AttributeError):
        raise InvalidRecord(kind[:40], "tipo de recurso desconhecido") from None
    except ValidationError as error:
        fields = {
            ".".join(str(p) for p in e["loc"]) or kind for e in error.errors(include_input=False, include_context=False, include_url=False)
        }
        raise InvalidRecord(kind, f"não é FHIR R4 válido em {', '.join(sorted(fields))[:200]}") from None
    return resource


def _number(value: Any) -> Any:
    # As digits, 1E+999999999 would fill the memory.
    if isinstance(value, Decimal) and abs(value.adjusted()) < 1000:
        return orjson.Fragment(format(value, "f"))
    raise TypeError(type(value).__name__)


def as_json(resource: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    """JSON with exact decimals, trailing zeros included (in FHIR they have a meaning)."""
    return orjson.dumps(resource, default=_number)


def from_json(data: bytes | str) -> Any:
    """JSON with exact decimals. :raises ValueError: no JSON, also NaN and infinities."""

    def refuse(name: str) -> float:
        raise ValueError(name)

    return json.loads(data, parse_float=Decimal, parse_constant=refuse)

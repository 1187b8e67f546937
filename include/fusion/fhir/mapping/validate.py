"""What leaves is checked against the R4 models of ``fhir.resources`` first. Imported late: those models take seconds to load."""

from __future__ import annotations

import importlib
import json
from decimal import Decimal
from typing import Any

import orjson
from pydantic import ValidationError

from include.fusion.errors import InvalidRecord


def check(resource: dict[str, Any]) -> dict[str, Any]:
    """``resource`` itself when it is a valid R4 resource; :class:`InvalidRecord` with element paths only, never a value.

    The dictionary travels, not the model's own dump: that would rewrite decimals (72.50 as 72.5).
    """
    kind = str(resource.get("resourceType"))
    try:
        # Never the package's own names: those are R5 and drop what R4 has.
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
    # Written out, 1E+999999999 would fill the memory.
    if isinstance(value, Decimal) and abs(value.adjusted()) < 1000:
        return orjson.Fragment(format(value, "f"))
    raise TypeError(type(value).__name__)


def as_json(resource: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    """JSON with decimals as they are written, trailing zeros included (FHIR: precision is meaning)."""
    return orjson.dumps(resource, default=_number)


def from_json(data: bytes | str) -> Any:
    """JSON with decimals kept exactly; ``ValueError`` when it is none. NaN and infinities are no JSON."""

    def refuse(name: str) -> float:
        raise ValueError(name)

    return json.loads(data, parse_float=Decimal, parse_constant=refuse)
